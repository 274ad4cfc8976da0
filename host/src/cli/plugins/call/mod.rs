//! `plugins call`: one tool, resource or prompt of one plugin, run as a client's call is, with every step shown. Against a
//! Nextcloud, or against answers that were recorded from one.

mod answers;
mod job;
mod player;
mod recorder;
mod recording;
mod transcript;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use self::answers::Answers;
use self::job::{Ended, Job};
use self::player::Player;
use self::recorder::Recorder;
use self::recording::{Call, RecordingError};
use self::transcript::Transcript;
use super::sandbox;
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::cli::serve::{self, StartError};
use crate::config::{Mode, Settings};
use crate::nextcloud::{Caller, Credential, Scopes, Tape};
use crate::plugin::{Bench, CallContext, Still};
use crate::random;

/// Stands in every log line of the call.
const REQUEST_ID: &str = "plugins-call";

/// What to call, and with what.
#[derive(Debug, Clone, clap::Args)]
pub struct CallArguments {
    /// The plugin's folder or component file.
    #[arg(value_name = "FILE|DIR")]
    plugin: PathBuf,
    /// A tool's name, a resource's address (`nc://...`) or a prompt's name. With --replay: the recorded one, if absent.
    #[arg(value_name = "TOOL")]
    name: Option<String>,
    /// The arguments, as a JSON object. With --replay: the recorded ones, if absent.
    #[arg(value_name = "JSON", value_parser = object)]
    arguments: Option<Value>,
    /// Keep every request and answer as a readable file in this folder, without credentials and cookies but with all
    /// content. The clock stands still and randomness has a seed, so that the call can be made again.
    #[arg(long, value_name = "DIR", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Answer requests from the recording in this folder and ask no Nextcloud. Fails if the answer is not the recorded
    /// one, or if something is asked that was not recorded.
    #[arg(long, value_name = "DIR")]
    replay: Option<PathBuf>,
    /// What the person answers to a question of the plugin's: a JSON object, `decline` or `cancel`. Repeat it for the next
    /// question; beyond the last, nobody can be asked. With --replay: the recorded ones, if absent.
    #[arg(long = "answer", value_name = "ANSWER", value_parser = answers::parse)]
    answers: Vec<Value>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn object(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("it must be a JSON object, such as {\"id\": 7}".to_owned()),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

/// Makes the call; an error if it failed, or if it is not what was recorded.
pub(in crate::cli) async fn call(
    settings: &Settings,
    arguments: CallArguments,
    out: Output,
) -> Result<(), CommandError> {
    let transcript = Arc::new(Transcript::new(out, arguments.json));
    match (&arguments.record, &arguments.replay) {
        (Some(folder), _) => record(settings, &arguments, folder, &transcript).await,
        (None, Some(folder)) => replay(settings, &arguments, folder, &transcript).await,
        (None, None) => {
            let (caller, _) = caller(settings, None)?;
            let job = load(settings, &arguments, None).await?;
            let ended = run(&job, &caller, &transcript, &arguments.answers, None).await?;
            transcript.end(&ended, None)?;
            ended.into_result()
        }
    }
}

async fn record(
    settings: &Settings,
    arguments: &CallArguments,
    folder: &Path,
    transcript: &Arc<Transcript>,
) -> Result<(), CommandError> {
    let job = load(settings, arguments, None).await?;
    let recorder = Arc::new(Recorder::new(folder));
    let (caller, nextcloud) = caller(settings, Some(recorder.clone()))?;
    // An earlier recording is removed only once there is somebody to call as.
    recorder.begin()?;
    let still = Still {
        clock: now(),
        seed: seed()?,
    };
    let answers = &arguments.answers;
    let ended = run(&job, &caller, transcript, answers, Some(still)).await?;
    let count = recorder.finish(&Call {
        plugin: job.plugin.name.to_string(),
        version: job.plugin.version().to_owned(),
        name: job.name.clone(),
        arguments: job.arguments.clone(),
        answers: answers.clone(),
        clock: still.clock.as_secs(),
        seed: still.seed,
        nextcloud,
        answer: ended.json(),
    })?;
    let exchanges = format!("Recorded in {}: {count} exchanges.", folder.display());
    transcript.end(&ended, Some(&exchanges))?;
    ended.into_result()
}

async fn replay(
    settings: &Settings,
    arguments: &CallArguments,
    folder: &Path,
    transcript: &Arc<Transcript>,
) -> Result<(), CommandError> {
    let (recorded, player) = Player::open(folder)?;
    let player = Arc::new(player);
    let job = load(settings, arguments, Some(&recorded)).await?;
    let mut nowhere = settings.clone();
    // Nothing is sent.
    nowhere.nextcloud.allow_plain_http = true;
    let nextcloud = serve::nextcloud_on_tape(&nowhere, &recorded.nextcloud, player.clone())?;
    let caller = nextcloud.caller(nobody()?, Scopes::All);
    let still = Still {
        clock: Duration::from_secs(recorded.clock),
        seed: recorded.seed,
    };
    let answers = match &arguments.answers[..] {
        [] => &recorded.answers[..],
        given => given,
    };
    let ended = run(&job, &caller, transcript, answers, Some(still)).await?;
    let is_recorded = job.name == recorded.name
        && job.arguments == recorded.arguments
        && answers == recorded.answers;
    let verdict = if is_recorded {
        player.verdict(Some((&ended.json(), &recorded.answer)))
    } else {
        player.verdict(None)
    };
    let words = verdict
        .as_ref()
        .map_or_else(ToString::to_string, Clone::clone);
    transcript.end(&ended, Some(&words))?;
    verdict?;
    // Where a failure was recorded, a failure is what was to be seen.
    if is_recorded {
        Ok(())
    } else {
        ended.into_result()
    }
}

/// Whoever the settings name, and where their Nextcloud is.
fn caller(
    settings: &Settings,
    tape: Option<Arc<dyn Tape>>,
) -> Result<(Caller, String), CommandError> {
    let host = settings.nextcloud.nextcloud_host.as_ref();
    let host = host.ok_or(CommandError::NobodyToCallAs)?;
    let Ok(Mode::Basic(sign_in)) = settings.nextcloud.mode() else {
        return Err(CommandError::NobodyToCallAs);
    };
    let nextcloud = match tape {
        None => serve::nextcloud(settings, host)?,
        Some(tape) => serve::nextcloud_on_tape(settings, host, tape)?,
    };
    let credential = Credential::basic(&sign_in.username, &sign_in.password);
    let credential = credential.map_err(StartError::from)?;
    Ok((nextcloud.caller(credential, Scopes::All), host.clone()))
}

/// Nothing is sent with it.
fn nobody() -> Result<Credential, StartError> {
    Ok(Credential::basic(
        "replayed",
        &"replayed".to_owned().into(),
    )?)
}

async fn load(
    settings: &Settings,
    arguments: &CallArguments,
    recorded: Option<&Call>,
) -> Result<Job, CommandError> {
    let plugins = sandbox(settings)?;
    let selection = settings.plugins.selection();
    let plugin = plugins.serve_only(&arguments.plugin, &selection).await?;
    let name = arguments.name.as_ref();
    let name = name.or(recorded.map(|call| &call.name));
    let given = arguments.arguments.as_ref();
    let given = given.or(recorded.map(|call| &call.arguments)).cloned();
    let given = given.unwrap_or_else(|| Value::Object(Map::new()));
    Job::find(plugins, plugin, name.map(String::as_str), given)
}

async fn run(
    job: &Job,
    caller: &Caller,
    transcript: &Arc<Transcript>,
    answers: &[Value],
    still: Option<Still>,
) -> Result<Ended, CommandError> {
    transcript.begin(job)?;
    let context = CallContext {
        progress: Some(transcript.clone()),
        person: Some(Arc::new(Answers::new(answers, transcript.clone()))),
        bench: Some(Bench {
            witness: transcript.clone(),
            still,
        }),
        ..CallContext::new(REQUEST_ID.to_owned(), CancellationToken::new())
    };
    job.run(caller, context).await
}

/// Whole seconds, since that is how it is written down.
fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Duration::from_secs(now.unwrap_or_default().as_secs())
}

/// Another one for each recording: an id that a tool makes up must not meet that of the recording before.
fn seed() -> Result<u64, CommandError> {
    let bytes = random::bytes().map_err(|error| CommandError::Recording(error.to_string()))?;
    // 52 bits: tools that show JSON often hold numbers as floats.
    Ok(u64::from_be_bytes(bytes) >> 12)
}

impl From<RecordingError> for CommandError {
    fn from(error: RecordingError) -> Self {
        Self::Recording(error.to_string())
    }
}

//! The seal of `auth/` for what clients carry between requests, as `mcp/` asks for one.

use crate::auth::CallSeal;
use crate::mcp::Seal;

impl Seal for CallSeal {
    fn seal(&self, content: &str) -> Option<String> {
        CallSeal::seal(self, &content)
    }

    fn open(&self, text: &str) -> Option<String> {
        CallSeal::open(self, text)
    }

    fn mark(&self, content: &str) -> String {
        CallSeal::mark(self, content)
    }

    fn is_mark(&self, content: &str, mark: &str) -> bool {
        CallSeal::is_mark(self, content, mark)
    }
}

//! A plot of bars as SVG, small and readable on light and dark pages. Nothing is fetched and nothing runs in it.

use std::fmt::Write as _;

/// Width of every plot, in SVG's units.
const WIDTH: f64 = 720.0;
/// Where bars begin: labels are left of it.
const LEFT: f64 = 270.0;
/// What is kept right of the longest bar for its figure.
const RIGHT: f64 = 90.0;
/// Height of a bar, and from one to the next.
const BAR: f64 = 16.0;
const STEP: f64 = 22.0;
/// Above the first bar: the title.
const TOP: f64 = 40.0;
/// The shortest bar that can be seen.
const SHORTEST: f64 = 1.0;

/// Colours of series, far enough from white and from black for both kinds of page, and told apart without red and green.
const COLOURS: [&str; 4] = ["#3b82c4", "#d98a29", "#8c8c94", "#7a6bc0"];

/// Bars from top to bottom on one scale that begins at nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// What is shown, with its unit.
    pub title: String,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What stands left of it.
    pub label: String,
    /// Whose it is: bars of one series have one colour.
    pub series: usize,
    /// How long it is.
    pub value: f64,
}

impl Plot {
    /// The picture, with a description for those who do not see it.
    pub fn svg(&self) -> String {
        let height = TOP + STEP * f64::from(u32::try_from(self.bars.len()).unwrap_or(u32::MAX));
        let longest = self.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        let scale = (WIDTH - LEFT - RIGHT) / if longest > 0.0 { longest } else { 1.0 };
        let title = escape(&self.title);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             role=\"img\" aria-labelledby=\"title description\">\n\
             <title id=\"title\">{title}</title>\n<desc id=\"description\">{}</desc>\n{STYLE}\n\
             <text class=\"title\" x=\"8\" y=\"22\">{title}</text>\n",
            escape(&self.described())
        );
        let mut top = TOP;
        for bar in &self.bars {
            let middle = top + BAR - 4.0;
            let length = (bar.value * scale).max(SHORTEST);
            let colour = COLOURS[bar.series % COLOURS.len()];
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text>\
                 <rect x=\"{LEFT}\" y=\"{top}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"{middle}\">{}</text>",
                LEFT - 8.0,
                escape(&bar.label),
                LEFT + length + 6.0,
                figure(bar.value)
            );
            top += STEP;
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn described(&self) -> String {
        let bars = self.bars.iter();
        let bars = bars.map(|bar| format!("{}: {}", bar.label, figure(bar.value)));
        bars.collect::<Vec<_>>().join("; ")
    }
}

/// Text in the colour of the page it is on, as far as a picture can know it.
const STYLE: &str = "<style>text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:14px}\
@media(prefers-color-scheme:dark){text{fill:#d5d9de}}</style>";

/// As many digits as are worth reading.
fn figure(value: f64) -> String {
    match value {
        below if below < 10.0 && below.fract() != 0.0 => format!("{value:.2}"),
        below if below < 100.0 && below.fract() != 0.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_labels_say_is_text_and_bars_keep_their_proportions() {
        let bar = |label: &str, value| Bar {
            label: label.to_owned(),
            series: 0,
            value,
        };
        let plot = Plot {
            title: "Time & <space>".to_owned(),
            bars: vec![bar("\"a\" <b>", 50.0), bar("c", 100.0), bar("nothing", 0.0)],
        };
        let svg = plot.svg();
        assert!(
            svg.contains("Time &amp; &lt;space&gt;") && svg.contains("&quot;a&quot; &lt;b&gt;")
        );
        for width in ["180.0", "360.0", "1.0"] {
            assert!(
                svg.contains(&format!("width=\"{width}\"")),
                "{width}: {svg}"
            );
        }
    }
}

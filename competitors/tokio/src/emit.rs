//! Lines of the protocol: one JSON object each, written at once.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::failure::Failure;

pub struct Line {
    text: String,
}

impl Line {
    pub fn new() -> Line {
        Line { text: String::from("{") }
    }

    pub fn of_type(name: &str) -> Line {
        let mut line = Line::new();
        line.string("type", name);
        line
    }

    fn key(&mut self, name: &str) {
        if !self.text.ends_with('{') {
            self.text.push(',');
        }
        quote(&mut self.text, name);
        self.text.push(':');
    }

    pub fn string(&mut self, name: &str, value: &str) -> &mut Line {
        self.key(name);
        quote(&mut self.text, value);
        self
    }

    pub fn number(&mut self, name: &str, value: u64) -> &mut Line {
        self.key(name);
        let _ = write!(self.text, "{value}"); // a String takes everything
        self
    }

    /// A number as a string, so that no JSON reader rounds it.
    pub fn exact(&mut self, name: &str, value: u64) -> &mut Line {
        self.string(name, &value.to_string())
    }

    pub fn strings<'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a str>) -> &mut Line {
        self.key(name);
        self.text.push('[');
        for (i, value) in values.into_iter().enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            quote(&mut self.text, value);
        }
        self.text.push(']');
        self
    }

    /// A list of pairs of numbers.
    pub fn pairs(&mut self, name: &str, values: impl IntoIterator<Item = (u64, u64)>) -> &mut Line {
        self.key(name);
        self.text.push('[');
        for (i, (a, b)) in values.into_iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let _ = write!(self.text, "{comma}[{a},{b}]");
        }
        self.text.push(']');
        self
    }

    pub fn object(&mut self, name: &str, fields: &[(&str, u64)]) -> &mut Line {
        self.key(name);
        self.text.push('{');
        for (key, value) in fields {
            self.number(key, *value);
        }
        self.text.push('}');
        self
    }

    pub fn write(&mut self) -> Result<(), Failure> {
        self.text.push_str("}\n");
        let mut stdout = io::stdout().lock();
        stdout
            .write_all(self.text.as_bytes())
            .and_then(|()| stdout.flush())
            .map_err(|e| Failure::Failed(format!("stdout: {e}")))
    }
}

fn quote(into: &mut String, text: &str) {
    into.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => into.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(into, "\\u{:04x}", c as u32);
            }
            c => into.push(c),
        }
    }
    into.push('"');
}

//! Reading server-sent events (WHATWG HTML, section 9.2), as far as hints need it.

use yorisoi_protocol::wire::Hint;

/// No event of this protocol is longer.
const LINE_MAX_BYTES: usize = 4096;

/// Takes bytes as they come and gives hints.
#[derive(Debug, Default)]
pub(crate) struct HintReader {
    line: Vec<u8>,
    event: String,
    data: String,
}

impl HintReader {
    /// The hints that these bytes complete. Whatever is no hint is passed over: losing one loses nothing.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<Hint> {
        let mut hints = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    hints.extend(self.line(String::from_utf8_lossy(&line).trim_end_matches('\r')));
                }
                _ if self.line.len() < LINE_MAX_BYTES => self.line.push(*byte),
                _ => {}
            }
        }
        hints
    }

    fn line(&mut self, line: &str) -> Option<Hint> {
        if line.is_empty() {
            let (event, data) = (std::mem::take(&mut self.event), std::mem::take(&mut self.data));
            return if event == "hint" { serde_json::from_slice(data.as_bytes()).ok() } else { None };
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event = value.to_owned(),
            "data" if self.data.len() < LINE_MAX_BYTES => self.data.push_str(value),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_read_however_the_bytes_are_cut() {
        let text = ": heartbeat\n\nevent: hint\r\ndata: {\"cursor\":\"AQEBAQ.7\"}\r\n\r\nevent: other\ndata: x\n\nevent: hint\ndata: broken\n\n";
        for cut in 0..text.len() {
            let mut reader = HintReader::default();
            let mut hints = reader.read(&text.as_bytes()[..cut]);
            hints.extend(reader.read(&text.as_bytes()[cut..]));
            assert_eq!(hints.len(), 1, "{cut}");
            assert_eq!(hints[0].cursor.position, 7);
        }
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut reader = HintReader::default();
        for _ in 0..100 {
            assert!(reader.read(&[b'x'; 1000]).is_empty());
        }
        assert!(reader.line.len() <= LINE_MAX_BYTES);
    }
}

//! What a process used, as Linux tells it; other systems tell nothing here.

use std::time::Duration;

/// The unit of `/proc/self/stat`: Linux shows every program 100 ticks a second
/// (<https://man7.org/linux/man-pages/man7/time.7.html>).
const TICK: Duration = Duration::from_millis(10);

/// What was used since the start of the process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// Processor time, of all threads together.
    pub(super) cpu: Option<Duration>,
    /// The most memory that was resident at any moment.
    pub(super) peak_kib: Option<u64>,
}

impl Usage {
    /// What the process of this number used until now; nothing is known of one that has ended.
    pub(super) fn of(process: Option<u32>) -> Self {
        let read = |file| std::fs::read_to_string(format!("/proc/{}/{file}", process?)).ok();
        Self {
            cpu: read("stat").and_then(|stat| cpu(&stat)),
            peak_kib: read("status").and_then(|status| peak_kib(&status)),
        }
    }

    /// What was used since then; the peak is that of the whole process.
    pub(super) fn since(self, earlier: &Self) -> Self {
        let cpu = self.cpu.zip(earlier.cpu).map(|(now, then)| now.saturating_sub(then));
        Self { cpu, ..self }
    }
}

fn cpu(stat: &str) -> Option<Duration> {
    // The name of the process, in parentheses, may hold anything; the state follows, as field 3.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some(TICK * user.saturating_add(system))
}

fn peak_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_the_peak_are_read_whatever_the_process_is_called() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 9 0 100";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
        assert_eq!(peak_kib("Name:\ta\nVmHWM:\t   12345 kB\nVmRSS:\t 1 kB\n"), Some(12_345));
        assert_eq!((cpu("7 (a"), peak_kib("Name:\ta\n")), (None, None));
    }
}

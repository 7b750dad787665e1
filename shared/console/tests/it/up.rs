//! Everything in one process.

use crate::harness::{Process, approve, publish, request, trips, wait_for};

#[test]
fn up_runs_everything_and_prints_what_to_do_next() {
    let folder = tempfile::tempdir().unwrap();
    let up = Process::start("", &["up", "--port", "0", "--data", folder.path().to_str().unwrap()]);
    let guide = wait_for("the guide", || Some(up.out()).filter(|out| out.contains("Ctrl-C stops.")));
    let word = |before: &str| guide.split_once(before).unwrap().1.split_whitespace().next().unwrap().to_owned();
    let url = word("embedded AWS endpoint");
    assert_eq!(word("export AWS_ENDPOINT_URL="), url);
    for words in [
        "trips is up.",
        "services               trips, hotels, flights, cars, notifier",
        "publish trip trip.json  # an object of car, city, nights, traveller",
        "sns publish --topic-arn arn:aws:sns:us-east-1:000000000000:ensemble-trip-requests",
    ] {
        assert!(guide.contains(words), "{words}: {guide}");
    }
    let sagas = publish(&url, &[request("ann")], &[]);
    approve(&url, &sagas);
    let watched = trips(&url, &["watch", "--once", "1"]);
    assert_eq!(watched.code, Some(0), "{watched:?}");
    assert_eq!(watched.out.lines().next().unwrap(), format!("trip  completed  saga {}", sagas[0]));
    assert!(watched.out.contains("RegisterTrip ✓ → HoldRoom ✓"), "{watched:?}");
    let ended = up.interrupted();
    assert!(ended.code == Some(0) && ended.out.ends_with("Stopping: finishing what runs.\n"), "{ended:?}");
}

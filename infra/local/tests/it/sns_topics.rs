//! Topics and subscriptions.

use aws_sdk_sns::types::Tag;

use crate::world::{World, queue_arn};

#[tokio::test]
async fn a_topic_is_created_once_unless_it_differs() {
    let world = World::start();
    let arn = world.topic("events").await;
    assert_eq!(arn, "arn:aws:sns:us-east-1:000000000000:events");
    assert_eq!(world.topic("events").await, arn);
    let differing = world.sns.create_topic().name("events").attributes("DisplayName", "other").send().await;
    let error = differing.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_exception());
}

#[tokio::test]
async fn attributes_of_a_topic_can_be_set_and_read() {
    let world = World::start();
    let arn = world.topic("events").await;
    let set = world.sns.set_topic_attributes().topic_arn(&arn).attribute_name("DisplayName");
    set.attribute_value("E<&>").send().await.unwrap();
    let got = world.sns.get_topic_attributes().topic_arn(&arn).send().await.unwrap();
    let attributes = got.attributes.unwrap();
    assert_eq!(attributes["TopicArn"], arn);
    assert_eq!(attributes["DisplayName"], "E<&>");
}

#[tokio::test]
async fn a_deleted_topic_is_gone_with_its_subscriptions() {
    let world = World::start();
    let arn = world.topic("events").await;
    world.subscribe(&arn, "q", &[]).await;
    let delete = || world.sns.delete_topic().topic_arn(&arn).send();
    delete().await.unwrap();
    // Deleting again is no error.
    delete().await.unwrap();

    let gone = world.sns.get_topic_attributes().topic_arn(&arn).send().await;
    assert!(gone.unwrap_err().into_service_error().is_not_found_exception());
    let published = world.sns.publish().topic_arn(&arn).message("m").send().await;
    assert!(published.unwrap_err().into_service_error().is_not_found_exception());
    assert!(world.sns.list_topics().send().await.unwrap().topics().is_empty());
    assert!(world.sns.list_subscriptions().send().await.unwrap().subscriptions().is_empty());
}

#[tokio::test]
async fn more_topics_than_a_page_are_all_listed() {
    let world = World::start();
    for index in 0..150 {
        world.topic(&format!("topic-{index}")).await;
    }
    let mut pages = world.sns.list_topics().into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += page.unwrap().topics().len();
    }
    assert_eq!(count, 150);
}

#[tokio::test]
async fn subscribing_again_finds_the_subscription_unless_it_differs() {
    let world = World::start();
    let topic = world.topic("t").await;
    let raw = ("RawMessageDelivery", "true");
    let policy = |text| ("FilterPolicy", text);
    let first = [raw, policy(r#"{"a":["1"],"b":["2"]}"#)];
    let first = world.subscribe(&topic, "q", &first).await;
    let again = [raw, policy(r#"{ "b": ["2"], "a": ["1"] }"#)];
    assert_eq!(world.subscribe(&topic, "q", &again).await, first);
    let spelled = [
        ("RawMessageDelivery", "True"),
        ("FilterPolicy", "{\"a\":[\n\"1\"],\"b\":[\"\\u0032\"]}"),
        ("FilterPolicyScope", "MessageAttributes"),
        ("RedrivePolicy", ""),
    ];
    assert_eq!(world.subscribe(&topic, "q", &spelled).await, first);
    let elsewhere = world.sns.subscribe().topic_arn(&topic).protocol("sqs");
    let elsewhere = elsewhere.endpoint(queue_arn("q").replace("us-east-1", "eu-west-1"));
    let elsewhere = spelled.iter().fold(elsewhere, |request, (name, value)| request.attributes(*name, *value));
    assert_eq!(elsewhere.send().await.unwrap().subscription_arn(), Some(first.as_str()));
    let differing = world.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(queue_arn("q"));
    let error = differing.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_exception());
}

#[tokio::test]
async fn what_is_left_out_means_the_same_as_the_default() {
    let world = World::start();
    let topic = world.topic("t").await;
    let policy = |text| ("FilterPolicy", text);
    let first = world.subscribe(&topic, "q", &[policy(r#"{"n":[{"numeric":["=",1]}]}"#)]).await;
    let again = [policy(r#"{"n":[{"numeric":["=",1.0]}]}"#), ("RawMessageDelivery", "false")];
    assert_eq!(world.subscribe(&topic, "q", &again).await, first);
    for differing in [policy(r#"{"n":[{"numeric":["=",2]}]}"#), policy(r#"{"n":["1"]}"#)] {
        let subscribe = world.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(queue_arn("q"));
        let outcome = subscribe.attributes(differing.0, differing.1).send().await;
        assert!(outcome.unwrap_err().into_service_error().is_invalid_parameter_exception());
    }
    assert_eq!(world.sns.list_subscriptions().send().await.unwrap().subscriptions().len(), 1);
}

#[tokio::test]
async fn creating_a_topic_again_finds_it_however_its_policy_is_spelled() {
    let world = World::start();
    let create = |policy: &str| world.sns.create_topic().name("t").attributes("Policy", policy).send();
    let first = create(r#"{"Version":"2012-10-17","Statement":[]}"#).await.unwrap();
    let again = create("{ \"Statement\": [],\n\"Version\": \"2012-10-17\" }").await.unwrap();
    assert_eq!(again.topic_arn(), first.topic_arn());
    assert!(create(r#"{"Version":"2008-10-17","Statement":[]}"#).await.is_err());
    let named = |name: &str| world.sns.create_topic().name("named").attributes("DisplayName", name).send();
    named("1").await.unwrap();
    assert!(named("1.0").await.is_err(), "a name is not a number");
}

#[tokio::test]
async fn a_subscription_is_listed_until_it_ends() {
    let world = World::start();
    let topic = world.topic("t").await;
    let arn = world.subscribe(&topic, "q", &[("RawMessageDelivery", "true")]).await;
    let get = || world.sns.get_subscription_attributes().subscription_arn(&arn).send();
    let attributes = get().await.unwrap().attributes.unwrap();
    assert_eq!(attributes["RawMessageDelivery"], "true");
    assert_eq!(attributes["Endpoint"], queue_arn("q"));
    let listed = world.sns.list_subscriptions_by_topic().topic_arn(&topic).send().await.unwrap();
    assert_eq!(listed.subscriptions()[0].subscription_arn(), Some(arn.as_str()));
    assert_eq!(world.sns.list_subscriptions().send().await.unwrap().subscriptions().len(), 1);

    world.sns.unsubscribe().subscription_arn(&arn).send().await.unwrap();
    assert!(get().await.unwrap_err().into_service_error().is_not_found_exception());
    assert!(world.sns.list_subscriptions().send().await.unwrap().subscriptions().is_empty());
}

#[tokio::test]
async fn only_queues_can_subscribe() {
    let world = World::start();
    let topic = world.topic("t").await;
    for (protocol, endpoint) in [("https", "https://localhost/"), ("sqs", "https://localhost/q")] {
        let outcome = world.sns.subscribe().topic_arn(&topic).protocol(protocol).endpoint(endpoint).send().await;
        assert!(outcome.unwrap_err().into_service_error().is_invalid_parameter_exception());
    }
    let subscribe = world.sns.subscribe().topic_arn(format!("{topic}x")).protocol("sqs");
    let outcome = subscribe.endpoint(queue_arn("q")).send().await;
    assert!(outcome.unwrap_err().into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn topics_have_tags() {
    let world = World::start();
    let topic = world.topic("t").await;
    let tag = Tag::builder().key("team").value("a&b").build().unwrap();
    world.sns.tag_resource().resource_arn(&topic).tags(tag.clone()).send().await.unwrap();
    let listed = world.sns.list_tags_for_resource().resource_arn(&topic).send().await.unwrap();
    assert_eq!(listed.tags(), [tag]);
    world.sns.untag_resource().resource_arn(&topic).tag_keys("team").send().await.unwrap();
    let listed = world.sns.list_tags_for_resource().resource_arn(&topic).send().await.unwrap();
    assert!(listed.tags().is_empty());
}

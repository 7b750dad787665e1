//! SQS by the query protocol, as clients write it that are older than the JSON protocol: a form in, XML out.

use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};
use reqwest::{Client, StatusCode, Url};

use crate::world::{World, queue_arn};

/// What was answered.
struct Answer {
    status: StatusCode,
    xml: String,
}

impl Answer {
    /// The texts of the elements of this name.
    fn all(&self, name: &str) -> Vec<&str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let elements = self.xml.split(&open).skip(1);
        elements.map(|rest| rest.split(&close).next().unwrap()).collect()
    }

    fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        let [one] = all.as_slice() else { panic!("one {name}, please: {}", self.xml) };
        one
    }

    /// Its XML without the id of the request, which differs each time.
    fn without_id(&self) -> String {
        self.xml.replace(self.one("RequestId"), "…")
    }

    fn good(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.xml);
        self
    }
}

impl World {
    /// Posts a form to a path.
    async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let form = Url::parse_with_params("http://form", pairs).unwrap().query().unwrap().to_owned();
        let request = Client::new().post(format!("{}{path}", self.endpoint.url())).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/xml");
        Answer { status: answer.status(), xml: answer.text().await.unwrap() }
    }

    /// Posts an operation on the queue `q` to the queue's own path.
    async fn act(&self, action: &str, more: &[(&str, &str)]) -> Answer {
        let pairs = [&[("Action", action), ("Version", "2012-11-05")], more].concat();
        self.form("/000000000000/q", &pairs).await
    }
}

#[tokio::test]
async fn a_message_goes_by_form_to_the_path_of_its_queue_and_back() {
    let world = World::start();
    world.queue("q").await;
    let attributes = [
        ("MessageAttribute.1.Name", "kind"),
        ("MessageAttribute.1.Value.DataType", "String"),
        ("MessageAttribute.1.Value.StringValue", "order"),
        ("MessageAttribute.2.Name", "raw"),
        ("MessageAttribute.2.Value.DataType", "Binary"),
        ("MessageAttribute.2.Value.BinaryValue", "Af8="),
    ];
    let sent =
        world.act("SendMessage", &[&[("MessageBody", "<a>&\"b\"\r\n\u{e9}")], attributes.as_slice()].concat()).await;
    let sent = sent.good();
    let received = world.act("ReceiveMessage", &[("MessageAttributeName.1", "All"), ("AttributeName", "All")]).await;
    let received = received.good();
    for (name, digest) in [("MD5OfMessageBody", "MD5OfBody"), ("MD5OfMessageAttributes", "MD5OfMessageAttributes")] {
        assert_eq!(sent.one(name), received.one(digest));
    }
    assert_eq!(received.one("MessageId"), sent.one("MessageId"));
    assert_eq!(received.one("Body"), "&lt;a&gt;&amp;&quot;b&quot;&#xD;\n\u{e9}");
    assert_eq!(
        received.all("MessageAttribute"),
        [
            "<Name>kind</Name><Value><DataType>String</DataType><StringValue>order</StringValue></Value>",
            "<Name>raw</Name><Value><BinaryValue>Af8=</BinaryValue><DataType>Binary</DataType></Value>",
        ]
    );
    assert!(received.all("Attribute").contains(&"<Name>ApproximateReceiveCount</Name><Value>1</Value>"));

    let handle = ("ReceiptHandle", received.one("ReceiptHandle"));
    world.act("ChangeMessageVisibility", &[handle, ("VisibilityTimeout", "0")]).await.good();
    let again = world.act("ReceiveMessage", &[("WaitTimeSeconds", "20")]).await.good();
    world.act("DeleteMessage", &[("ReceiptHandle", again.one("ReceiptHandle"))]).await.good();
    assert!(world.endpoint.dump().is_empty());
    let nothing = world.act("ReceiveMessage", &[("MaxNumberOfMessages", "10")]).await.good();
    assert_eq!(
        nothing.without_id(),
        "<ReceiveMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><ReceiveMessageResult>\
         </ReceiveMessageResult><ResponseMetadata><RequestId>…</RequestId></ResponseMetadata></ReceiveMessageResponse>"
    );
    assert_eq!(world.endpoint.calls().get("sqs:ReceiveMessage"), 3);
}

#[tokio::test]
async fn both_protocols_see_the_same_queue() {
    let world = World::start();
    let queue = world.queue("q").await;
    let url = ("QueueUrl", queue.as_str());
    world.form("/", &[("Action", "SendMessage"), url, ("MessageBody", "by form")]).await.good();
    assert_eq!(world.bodies(&queue).await, ["by form"]);
    let kind = MessageAttributeValue::builder().data_type("String").string_value("order").build().unwrap();
    let send = world.sqs.send_message().queue_url(&queue).message_body("by JSON").message_attributes("kind", kind);
    send.send().await.unwrap();
    let asked = [("Action", "ReceiveMessage"), url, ("MessageAttributeName", "kind")];
    let received = world.form("/", &asked).await.good();
    assert_eq!(received.one("Body"), "by JSON");
    assert_eq!(received.one("MD5OfMessageAttributes"), "8cc3ab13200b21b0d17b28c4d98ec74a");
}

#[tokio::test]
async fn each_entry_of_a_batch_by_form_is_its_own_result() {
    let world = World::start();
    world.queue_with("q", &[(QueueAttributeName::MaximumMessageSize, "1024")]).await;
    let large = "x".repeat(1025);
    let mut entries = vec![("SendMessageBatchRequestEntry.3.DelaySeconds", "0")];
    for (id, body, of) in [("a", "m", 1), ("b", large.as_str(), 2), ("c", "n", 3)] {
        for (field, value) in [("Id", id), ("MessageBody", body)] {
            let name: &str = format!("SendMessageBatchRequestEntry.{of}.{field}").leak();
            entries.push((name, value));
        }
    }
    entries.push(("SendMessageBatchRequestEntry.1.MessageAttribute.1.Name", "kind"));
    entries.push(("SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType", "String"));
    entries.push(("SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue", "order"));
    let sent = world.act("SendMessageBatch", &entries).await.good();
    let successful = sent.all("SendMessageBatchResultEntry");
    assert_eq!(successful.len(), 2);
    assert!(successful[0].contains("<Id>a</Id>") && successful[1].contains("<Id>c</Id>"));
    assert_eq!(sent.one("MD5OfMessageAttributes"), "8cc3ab13200b21b0d17b28c4d98ec74a");
    let failed = sent.one("BatchResultErrorEntry");
    assert!(failed.starts_with("<Code>InvalidParameterValue</Code><Id>b</Id>"), "{failed}");
    assert!(failed.ends_with("<SenderFault>true</SenderFault>"), "{failed}");

    let received = world.act("ReceiveMessage", &[("MaxNumberOfMessages", "10")]).await.good();
    assert_eq!(received.all("Body"), ["m", "n"]);
    let handles = received.all("ReceiptHandle");
    let of = |operation: &str| {
        let name = |field: &str| -> &'static str { format!("{operation}BatchRequestEntry.{field}").leak() };
        vec![
            (name("1.Id"), "good"),
            (name("1.ReceiptHandle"), handles[0]),
            (name("1.VisibilityTimeout"), "60"),
            (name("2.Id"), "bad"),
            (name("2.ReceiptHandle"), "x"),
            (name("2.VisibilityTimeout"), "60"),
        ]
    };
    for operation in ["ChangeMessageVisibility", "DeleteMessage"] {
        let result = world.act(&format!("{operation}Batch"), &of(operation)).await.good();
        assert_eq!(result.one(&format!("{operation}BatchResultEntry")), "<Id>good</Id>");
        assert!(result.one("BatchResultErrorEntry").starts_with("<Code>ReceiptHandleIsInvalid</Code><Id>bad</Id>"));
    }
    assert_eq!(world.endpoint.dump().len(), 1);
}

#[tokio::test]
async fn queues_are_made_configured_and_found_by_form() {
    let world = World::start();
    world.queue("dlq").await;
    let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":3}}"#, queue_arn("dlq"));
    let create = [
        ("Action", "CreateQueue"),
        ("QueueName", "q"),
        ("Attribute.1.Name", "VisibilityTimeout"),
        ("Attribute.1.Value", "7"),
        ("Attribute.2.Name", "RedrivePolicy"),
        ("Attribute.2.Value", &policy),
        ("Tag.1.Key", "team"),
        ("Tag.1.Value", "a&b"),
    ];
    let url = format!("{}/000000000000/q", world.endpoint.url());
    assert_eq!(world.form("/", &create).await.good().one("QueueUrl"), url);
    let found = world.form("/", &[("Action", "GetQueueUrl"), ("QueueName", "q")]).await.good();
    assert_eq!(found.one("QueueUrl"), url);
    let listed = world.form("/", &[("Action", "ListQueues"), ("MaxResults", "1")]).await.good();
    assert!(listed.one("QueueUrl").ends_with("/dlq"));
    let next = [("Action", "ListQueues"), ("MaxResults", "1"), ("NextToken", listed.one("NextToken"))];
    assert_eq!(world.form("/", &next).await.good().one("QueueUrl"), url);
    let sources = world.form("/000000000000/dlq", &[("Action", "ListDeadLetterSourceQueues")]).await.good();
    assert_eq!(sources.one("QueueUrl"), url);

    let timeout = [("Attribute.1.Name", "VisibilityTimeout"), ("Attribute.1.Value", "8")];
    world.act("SetQueueAttributes", &timeout).await.good();
    let got = world.act("GetQueueAttributes", &[("AttributeName.1", "VisibilityTimeout")]).await.good();
    assert_eq!(got.one("Attribute"), "<Name>VisibilityTimeout</Name><Value>8</Value>");
    world.act("TagQueue", &[("Tags.1.Key", "stage"), ("Tags.1.Value", "test")]).await.good();
    world.act("UntagQueue", &[("TagKey.1", "team")]).await.good();
    let tags = world.act("ListQueueTags", &[]).await.good();
    assert_eq!(tags.one("Tag"), "<Key>stage</Key><Value>test</Value>");

    let start = [("Action", "StartMessageMoveTask"), ("SourceArn", &queue_arn("dlq"))];
    let start = start.map(|(name, value)| (name, value));
    assert!(!world.form("/", &start).await.good().one("TaskHandle").is_empty());
    let tasks = world.form("/", &[("Action", "ListMessageMoveTasks"), ("SourceArn", &queue_arn("dlq"))]).await.good();
    assert!(tasks.one("ListMessageMoveTasksResultEntry").contains("<Status>COMPLETED</Status>"));
    world.act("PurgeQueue", &[]).await.good();
    world.act("DeleteQueue", &[]).await.good();
    assert!(world.sqs.get_queue_url().queue_name("q").send().await.is_err());
}

#[tokio::test]
async fn errors_by_form_have_the_codes_that_old_clients_look_for() {
    let world = World::start();
    let missing = world.form("/", &[("Action", "GetQueueUrl"), ("QueueName", "none")]).await;
    assert_eq!(missing.status, 400);
    assert_eq!(
        missing.without_id(),
        "<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>\
         <Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist.</Message>\
         </Error><RequestId>…</RequestId></ErrorResponse>"
    );
    world.queue("q").await;
    world.act("PurgeQueue", &[]).await.good();
    let twice = [
        ("MessageBody", "m"),
        ("MessageAttribute.1.Name", "a"),
        ("MessageAttribute.1.Value.DataType", "String"),
        ("MessageAttribute.1.Value.StringValue", "1"),
        ("MessageAttribute.2.Name", "a"),
        ("MessageAttribute.2.Value.DataType", "String"),
        ("MessageAttribute.2.Value.StringValue", "2"),
    ];
    let arn = queue_arn("none");
    let moved = [("SourceArn", arn.as_str())];
    for (action, more, status, code, names) in [
        ("PurgeQueue", [].as_slice(), 403, "AWS.SimpleQueueService.PurgeQueueInProgress", ""),
        ("ListMessageMoveTasks", &moved, 404, "ResourceNotFoundException", ""),
        ("SendMessage", &[], 400, "MissingParameter", "MessageBody"),
        ("SendMessage", &[("MessageBody", "\0")], 400, "InvalidMessageContents", "#x0"),
        (
            "SendMessage",
            &[("MessageBody", "m"), ("DelaySeconds", "soon")],
            400,
            "InvalidParameterValue",
            "DelaySeconds",
        ),
        ("SendMessage", &twice, 400, "InvalidParameterValue", "MessageAttribute"),
        ("SendMessageBatch", &[], 400, "AWS.SimpleQueueService.EmptyBatchRequest", ""),
        ("ReceiveMessage", &[("MaxNumberOfMessages", "11")], 400, "InvalidParameterValue", "MaxNumberOfMessages"),
        ("DeleteMessage", &[("ReceiptHandle", "x")], 400, "ReceiptHandleIsInvalid", ""),
        ("GetQueueAttributes", &[("AttributeName.1", "Nonsense")], 400, "InvalidAttributeName", "Nonsense"),
        ("Nonsense", &[], 400, "InvalidAction", "Nonsense"),
    ] {
        let refused = world.act(action, more).await;
        assert_eq!((refused.status.as_u16(), refused.one("Code")), (status, code), "{}", refused.xml);
        assert!(refused.one("Message").contains(names), "{}", refused.xml);
    }
    assert!(world.endpoint.dump().is_empty());
    // What was not served is not counted, however many names there are.
    assert_eq!(world.endpoint.calls().get("sqs:Nonsense"), 0);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_and_never_replaced() {
    let world = World::start();
    let topic = world.topic("t").await;
    world.queue("q").await;
    world.subscribe(&topic, "q", &[]).await;
    for (form, code, field) in [
        ("Action=SendMessage&MessageBody=a%ffb".to_owned(), "InvalidParameterValue", "MessageBody"),
        (format!("Action=Publish&TopicArn={topic}&Message=a%ffb"), "InvalidParameter", "Message"),
    ] {
        let post = Client::new().post(format!("{}/000000000000/q", world.endpoint.url())).body(form);
        let answer = post.send().await.unwrap();
        let answer = Answer { status: answer.status(), xml: answer.text().await.unwrap() };
        assert_eq!((answer.status.as_u16(), answer.one("Code")), (400, code));
        assert!(answer.one("Message").contains(field), "{}", answer.xml);
    }
    assert!(world.endpoint.dump().is_empty());
}

#[tokio::test]
async fn operations_that_two_services_have_are_told_apart() {
    let world = World::start();
    let topic = world.topic("t").await;
    world.queue("q").await;
    let label = ("Label", "l");
    let of_queue = [("AWSAccountId.1", "000000000001"), ("ActionName.1", "SendMessage"), label];
    world.act("AddPermission", &of_queue).await.good();
    let of_topic = [("AWSAccountId.member.1", "000000000001"), ("ActionName.member.1", "Publish"), label];
    let topic_arn = ("TopicArn", topic.as_str());
    world.form("/", &[&[("Action", "AddPermission"), topic_arn], of_topic.as_slice()].concat()).await.good();
    let removed = [("Action", "RemovePermission"), ("Version", "2010-03-31"), topic_arn, label];
    world.form("/", &removed).await.good();
    world.form("/000000000000/q", &[("Action", "RemovePermission"), label]).await.good();
    for service in ["sns", "sqs"] {
        for operation in ["AddPermission", "RemovePermission"] {
            assert_eq!(world.endpoint.calls().get(&format!("{service}:{operation}")), 1, "{service} {operation}");
        }
    }
}

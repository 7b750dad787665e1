//! One connection, and requests with the headers that the AWS SDK sends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::Outcome;

const SENT_BY_THE_SDK: &str = "user-agent: aws-sdk-rust/1.7.0 ua/2.1 api/sns/1.121.0 os/linux lang/rust/1.95.0 m/E,N,P md/http#hyper-1.x\r\n\
    x-amz-user-agent: aws-sdk-rust/1.7.0 ua/2.1 api/sns/1.121.0 os/linux lang/rust/1.95.0 m/E,N,P md/http#hyper-1.x\r\n\
    x-amz-date: 20261201T030536Z\r\n\
    authorization: AWS4-HMAC-SHA256 Credential=ensemble/20261201/us-east-1/service/aws4_request, SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-target;x-amz-user-agent, Signature=0000000000000000000000000000000000000000000000000000000000000000\r\n\
    amz-sdk-request: attempt=1; max=3\r\n\
    amz-sdk-invocation-id: 00000000-0000-4000-8000-000000000000\r\n";

/// A connection that is kept.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    port: u16,
}

impl Connection {
    pub(crate) fn open(port: u16) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::with_capacity(16 * 1024, stream), port })
    }

    /// A request of the JSON protocol.
    pub(crate) fn json(&mut self, target: &str, body: &str) -> Outcome<Vec<u8>> {
        let query_mode = if target.starts_with("AmazonSQS") { "x-amzn-query-mode: true\r\n" } else { "" };
        self.call(&format!("content-type: application/x-amz-json-1.0\r\nx-amz-target: {target}\r\n{query_mode}"), body)
    }

    /// A request of the query protocol.
    pub(crate) fn form(&mut self, body: &str) -> Outcome<Vec<u8>> {
        self.call("content-type: application/x-www-form-urlencoded\r\n", body)
    }

    fn call(&mut self, kind: &str, body: &str) -> Outcome<Vec<u8>> {
        let (length, port) = (body.len(), self.port);
        let request = format!(
            "POST / HTTP/1.1\r\n{kind}content-length: {length}\r\n{SENT_BY_THE_SDK}host: 127.0.0.1:{port}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut ok, mut length, mut line) = (None, 0, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            ok.get_or_insert_with(|| line.contains(" 200 "));
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse()?,
                None if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        if ok == Some(true) { Ok(answer) } else { Err(String::from_utf8_lossy(&answer).into()) }
    }
}

//! Errors of SQS as they go over the wire.
//!
//! **Invariant:** each carries both names a client may look for: the shape (`QueueDoesNotExist`) in the body, and the
//! code of the former query protocol (`AWS.SimpleQueueService.NonExistentQueue`) in a header.

use axum::http::StatusCode;
use rustack_sqs_model::error::SqsError;

use crate::answer::JsonAnswer;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidBatchEntryId,
    InvalidMessageContents,
    InvalidParameterValue,
    MessageNotInflight,
    MissingParameter,
    OverLimit,
    PurgeQueueInProgress,
    QueueDoesNotExist,
    QueueNameExists,
    ReceiptHandleIsInvalid,
    ResourceNotFound,
    TooManyEntriesInBatchRequest,
    UnknownOperation,
}

impl Kind {
    /// The name of the shape, and the code of the query protocol.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::BatchEntryIdsNotDistinct => {
                ("com.amazonaws.sqs#BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
            }
            Self::BatchRequestTooLong => {
                ("com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong")
            }
            Self::EmptyBatchRequest => {
                ("com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest")
            }
            Self::InvalidAttributeName => ("com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName"),
            Self::InvalidAttributeValue => ("com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue"),
            Self::InvalidBatchEntryId => {
                ("com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId")
            }
            Self::InvalidMessageContents => ("com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents"),
            Self::InvalidParameterValue => {
                ("com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue")
            }
            Self::MessageNotInflight => {
                ("com.amazonaws.sqs#MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight")
            }
            Self::MissingParameter => {
                ("com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter")
            }
            Self::OverLimit => ("com.amazonaws.sqs#OverLimit", "OverLimit"),
            Self::PurgeQueueInProgress => {
                ("com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress")
            }
            Self::QueueDoesNotExist => {
                ("com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
            }
            Self::QueueNameExists => ("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists"),
            Self::ReceiptHandleIsInvalid => ("com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
            Self::ResourceNotFound => ("com.amazonaws.sqs#ResourceNotFoundException", "ResourceNotFoundException"),
            Self::TooManyEntriesInBatchRequest => (
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            ),
            Self::UnknownOperation => ("com.amazon.coral.service#UnknownOperationException", "InvalidAction"),
        }
    }
}

/// An error for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    pub(crate) message: String,
}

impl Error {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The kind most validations end in.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidParameterValue, message)
    }

    pub(super) fn no_such_queue() -> Self {
        Self::new(Kind::QueueDoesNotExist, "The specified queue does not exist.")
    }

    /// The code in a batch's per-entry result.
    pub(crate) fn code(&self) -> &'static str {
        self.kind.names().1
    }

    /// The same by both protocols.
    pub(super) fn status(&self) -> StatusCode {
        match self.kind {
            Kind::ResourceNotFound => StatusCode::NOT_FOUND,
            Kind::OverLimit | Kind::PurgeQueueInProgress => StatusCode::FORBIDDEN,
            Kind::BatchEntryIdsNotDistinct
            | Kind::BatchRequestTooLong
            | Kind::EmptyBatchRequest
            | Kind::InvalidAttributeName
            | Kind::InvalidAttributeValue
            | Kind::InvalidBatchEntryId
            | Kind::InvalidMessageContents
            | Kind::InvalidParameterValue
            | Kind::MessageNotInflight
            | Kind::MissingParameter
            | Kind::QueueDoesNotExist
            | Kind::QueueNameExists
            | Kind::ReceiptHandleIsInvalid
            | Kind::TooManyEntriesInBatchRequest
            | Kind::UnknownOperation => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) fn into_answer(self) -> JsonAnswer {
        let (shape, code) = self.kind.names();
        JsonAnswer {
            status: self.status().as_u16(),
            body: serde_json::json!({ "__type": shape, "message": self.message }).to_string(),
            query_error: Some(format!("{code};Sender")),
        }
    }
}

/// What the attribute rules of `rustack` object to.
impl From<SqsError> for Error {
    fn from(error: SqsError) -> Self {
        let kind = match error.code.error_type() {
            "InvalidAttributeName" => Kind::InvalidAttributeName,
            "InvalidAttributeValue" => Kind::InvalidAttributeValue,
            _ => Kind::InvalidParameterValue,
        };
        Self::new(kind, error.message)
    }
}

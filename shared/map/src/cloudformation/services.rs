//! The services on ECS Fargate, and how they scale.
//!
//! **Invariant:** what a choreography needs besides the map stands beside what the map says, and changes none of that.

use saga::Declaration;
use serde_json::{Value, json};
use wire::SagaKind;

use super::deployment::Helper;
use super::parameters;
use super::parts::{Drawn, Resources, absent, arn, camel, either, get, imported, reference, set, sub};
use super::{alarms, roles};

/// A quarter of a CPU and half a GiB, the smallest task of Fargate
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>).
const CPU: &str = "256";
const MEMORY_MIB: &str = "512";

/// Longer than a service takes to stop.
const STOP_TIMEOUT_SECS: u32 = 30;

pub(super) fn draw(drawn: &Drawn<'_>, all: &mut Resources) {
    let insights = json!([{ "Name": "containerInsights", "Value": "enabled" }]);
    let cluster = json!({ "ClusterName": reference("Prefix"), "ClusterSettings": insights });
    all.add("Cluster", "AWS::ECS::Cluster", cluster);
    let https = json!({
        "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0",
        "Description": "AWS, and what the services call",
    });
    let group = json!({
        "GroupDescription": "calls out over TLS, and takes no call",
        "VpcId": reference("VpcId"),
        "SecurityGroupEgress": [https],
    });
    all.add("SecurityGroup", "AWS::EC2::SecurityGroup", group);
    for declaration in &drawn.map.participants {
        all.add(&execution_role(declaration), roles::ROLE, roles::execution_role(drawn, declaration));
        draw_service(drawn, declaration, all);
        draw_scaling(drawn, declaration, all);
    }
}

/// The logical id of the role with which ECS starts a service.
fn execution_role(declaration: &Declaration) -> String {
    format!("{}ExecutionRole", camel(declaration.name))
}

/// The logical id of a service.
fn service(declaration: &Declaration) -> String {
    format!("{}Service", camel(declaration.name))
}

fn draw_service(drawn: &Drawn<'_>, declaration: &Declaration, all: &mut Resources) {
    let task = format!("{}Task", camel(declaration.name));
    let helper = drawn.of_service(declaration).helper;
    let beside = helper.as_ref().map(|one| either(one.only_if, &beside(one, declaration), &absent()));
    let containers: Vec<Value> = [container(drawn, declaration)].into_iter().chain(beside).collect();
    let properties = json!({
        "Family": sub(&drawn.names.of_service(declaration.name)),
        "RequiresCompatibilities": ["FARGATE"],
        "NetworkMode": "awsvpc",
        "Cpu": CPU,
        "Memory": MEMORY_MIB,
        "RuntimePlatform": { "CpuArchitecture": reference("Architecture"), "OperatingSystemFamily": "LINUX" },
        "TaskRoleArn": imported(&roles::task_role(declaration.name)),
        "ExecutionRoleArn": arn(&execution_role(declaration)),
        "ContainerDefinitions": containers,
    });
    all.add(&task, "AWS::ECS::TaskDefinition", properties);
    // Two tasks would have two helpers, each with a state of its own.
    let percent = |alone: u32, else_: u32| match &helper {
        Some(helper) => either(helper.only_if, &json!(alone), &json!(else_)),
        None => json!(else_),
    };
    let properties = json!({
        "ServiceName": declaration.name,
        "Cluster": reference("Cluster"),
        "LaunchType": "FARGATE",
        "TaskDefinition": reference(&task),
        "DeploymentConfiguration": {
            "DeploymentCircuitBreaker": { "Enable": true, "Rollback": true },
            "MinimumHealthyPercent": percent(0, 100),
            "MaximumPercent": percent(100, 200),
        },
        "NetworkConfiguration": { "AwsvpcConfiguration": {
            "Subnets": reference("Subnets"),
            "SecurityGroups": [get("SecurityGroup", "GroupId")],
            "AssignPublicIp": reference("AssignPublicIp"),
        } },
    });
    all.add(&service(declaration), "AWS::ECS::Service", properties);
}

pub(super) fn container(drawn: &Drawn<'_>, declaration: &Declaration) -> Value {
    let of_service = drawn.of_service(declaration);
    let environment = variables(environment(drawn, declaration));
    let mut container = of_image(declaration.name, &["run", declaration.name], declaration);
    set(&mut container, "Environment", environment);
    let secrets = of_service.secrets.iter().map(|(name, id)| json!({ "Name": name, "ValueFrom": imported(id) }));
    let secrets: Vec<Value> = secrets.collect();
    if !secrets.is_empty() {
        set(&mut container, "Secrets", secrets.into());
    }
    if let Some(Helper { name, only_if, .. }) = of_service.helper {
        let first = json!([{ "ContainerName": name, "Condition": "START" }]);
        set(&mut container, "DependsOn", either(only_if, &first, &absent()));
    }
    container
}

/// A helper, beside its service. What it holds goes with its task.
fn beside(helper: &Helper, declaration: &Declaration) -> Value {
    let mut container = of_image(helper.name, helper.command, declaration);
    set(&mut container, "Environment", variables(helper.environment.clone()));
    container
}

fn variables(variables: Vec<(String, Value)>) -> Value {
    variables.into_iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
}

fn of_image(name: &str, command: &[&str], declaration: &Declaration) -> Value {
    let image = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/${Repository}:${ImageTag}";
    json!({
        "Name": name,
        "Image": sub(image),
        "Command": command,
        "Essential": true,
        "ReadonlyRootFilesystem": true,
        "StopTimeout": STOP_TIMEOUT_SECS,
        "LogConfiguration": { "LogDriver": "awslogs", "Options": {
            "awslogs-group": sub(&alarms::log_name(declaration.name)),
            "awslogs-region": reference("AWS::Region"),
            "awslogs-stream-prefix": name,
            // A service does not wait for its logs to be taken.
            "mode": "non-blocking",
        } },
    })
}

/// The settings of a service. `docs/configuration.md` lists what there is.
pub(super) fn environment(drawn: &Drawn<'_>, declaration: &Declaration) -> Vec<(String, Value)> {
    let common = [
        ("AWS_REGION", reference("AWS::Region")),
        ("ENSEMBLE_ACCOUNT", reference("AWS::AccountId")),
        ("ENSEMBLE_PREFIX", reference("Prefix")),
    ];
    let mut variables: Vec<_> = common.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if declaration.deadlines {
        let of_kind = |kind: SagaKind| {
            let name = kind.as_str().to_ascii_uppercase();
            (format!("ENSEMBLE_{name}_DEADLINE_SECS"), reference(&parameters::deadline_of(kind)))
        };
        variables.extend(drawn.map.lexicon.kinds.iter().copied().map(of_kind));
        variables.push(("ENSEMBLE_UNWINDING_SECS".to_owned(), reference("UnwindingSecs")));
    }
    variables.extend(drawn.of_service(declaration).environment);
    variables
}

/// Scales on the messages that wait for each task, in all queues of the service
/// (<https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html>).
fn draw_scaling(drawn: &Drawn<'_>, declaration: &Declaration, all: &mut Resources) {
    let (service, target) = (service(declaration), format!("{}Scaling", camel(declaration.name)));
    let (fewest, most) = (reference("MinTasks"), reference("MaxTasks"));
    let alone_if = drawn.of_service(declaration).helper.map(|helper| helper.only_if);
    let or_one = |condition: Option<&str>, tasks: Value| match condition {
        Some(condition) => either(condition, &json!(1), &tasks),
        None => tasks,
    };
    let properties = json!({
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceId": sub(&format!("service/${{Cluster}}/${{{service}.Name}}")),
        "MinCapacity": or_one(drawn.map.deployment.small_if, fewest),
        "MaxCapacity": or_one(alone_if, most),
    });
    all.add(&target, "AWS::ApplicationAutoScaling::ScalableTarget", properties);
    let of_service = [("ClusterName", reference("Cluster")), ("ServiceName", get(&service, "Name"))];
    let tasks = alarms::metric("ECS/ContainerInsights", "RunningTaskCount", &of_service);
    let input = |id: &str, metric: &Value| json!({ "Id": id, "MetricStat": { "Metric": metric, "Stat": "Average" }, "ReturnData": false });
    let (backlog, sum) = alarms::of_queues(declaration, "backlog");
    let backlog = backlog.iter().map(|(id, queue)| {
        let queue = [("QueueName", sub(&drawn.names.of_service(queue)))];
        input(id, &alarms::metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", &queue))
    });
    let per_task = json!({ "Id": "perTask", "Expression": format!("{sum} / tasks"), "ReturnData": true });
    let metrics: Vec<Value> = backlog.chain([input("tasks", &tasks), per_task]).collect();
    let properties = json!({
        "PolicyName": "backlog",
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": reference(&target),
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": reference("BacklogPerTask"),
            "ScaleOutCooldown": 60,
            "ScaleInCooldown": 300,
            "CustomizedMetricSpecification": { "Metrics": metrics },
        },
    });
    all.add(&format!("{target}Policy"), "AWS::ApplicationAutoScaling::ScalingPolicy", properties);
}

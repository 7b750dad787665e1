//! The services on ECS Fargate, and how they scale.
//!
//! **Invariant:** forced failures are on only in a trial, and a trial has only the simulated gateway, which runs beside
//! payment and is reached by nobody else.

use contracts::SagaKind;
use saga::Declaration;
use serde_json::{Value, json};

use super::parameters::{self, TRIAL};
use super::parts::{Drawn, Resources, absent, arn, camel, either, get, imported, reference, set, sub};
use super::storage::SECRET;
use super::{alarms, roles};
use crate::{opens_cards, seals_cards};

/// A quarter of a CPU and half a GiB, the smallest task of Fargate
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>).
const CPU: &str = "256";
const MEMORY_MIB: &str = "512";

/// Longer than a service takes to stop.
const STOP_TIMEOUT_SECS: u32 = 30;

/// Where the simulated gateway listens, inside the task.
const SIMULATED_GATEWAY: &str = "http://127.0.0.1:4567/";

pub(super) fn draw(drawn: &Drawn<'_>, all: &mut Resources) {
    let insights = json!([{ "Name": "containerInsights", "Value": "enabled" }]);
    let cluster = json!({ "ClusterName": reference("Prefix"), "ClusterSettings": insights });
    all.add("Cluster", "AWS::ECS::Cluster", cluster);
    let https = json!({
        "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0",
        "Description": "AWS and the payment gateway",
    });
    let group = json!({
        "GroupDescription": "calls out over TLS, and takes no call",
        "VpcId": reference("VpcId"),
        "SecurityGroupEgress": [https],
    });
    all.add("SecurityGroup", "AWS::EC2::SecurityGroup", group);
    for declaration in &drawn.map.participants {
        all.add(&execution_role(declaration), roles::ROLE, roles::execution_role(declaration));
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
    let mut containers = vec![container(declaration)];
    if opens_cards(declaration) {
        containers.push(either(TRIAL, &gateway(declaration), &absent()));
    }
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
    // Two tasks of a trial's payment would have two gateways, each with a ledger of its own.
    let percent = |trial: u32, else_: u32| match opens_cards(declaration) {
        true => either(TRIAL, &json!(trial), &json!(else_)),
        false => json!(else_),
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

pub(super) fn container(declaration: &Declaration) -> Value {
    let environment: Vec<Value> =
        environment(declaration).into_iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    let mut container = of_image(declaration.name, &["run", declaration.name], declaration);
    set(&mut container, "Environment", environment.into());
    if opens_cards(declaration) {
        set(&mut container, "Secrets", json!([{ "Name": "ENSEMBLE_CARD_PRIVATE_KEY", "ValueFrom": imported(SECRET) }]));
        let first = json!([{ "ContainerName": "gateway", "Condition": "START" }]);
        set(&mut container, "DependsOn", either(TRIAL, &first, &absent()));
    }
    container
}

/// The simulated gateway of a trial, beside the service that opens cards. Its ledger goes with its task.
fn gateway(declaration: &Declaration) -> Value {
    let mut gateway = of_image("gateway", &["gateway"], declaration);
    set(&mut gateway, "Environment", json!([{ "Name": "ENSEMBLE_HOOKS", "Value": reference("Hooks") }]));
    gateway
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
pub(super) fn environment(declaration: &Declaration) -> Vec<(String, Value)> {
    let common = [
        ("AWS_REGION", reference("AWS::Region")),
        ("ENSEMBLE_ACCOUNT", reference("AWS::AccountId")),
        ("ENSEMBLE_PREFIX", reference("Prefix")),
        ("ENSEMBLE_GATEWAY_MODE", either(TRIAL, &json!("simulated"), &json!("live"))),
        ("ENSEMBLE_HOOKS", either(TRIAL, &reference("Hooks"), &json!("off"))),
    ];
    let mut variables: Vec<_> = common.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if seals_cards(declaration) {
        variables.push(("ENSEMBLE_CARD_PUBLIC_KEY".to_owned(), reference("CardPublicKey")));
    }
    if declaration.deadlines {
        let of_kind = |kind: SagaKind| {
            let name = kind.as_str().to_ascii_uppercase();
            (format!("ENSEMBLE_{name}_DEADLINE_SECS"), reference(&parameters::deadline_of(kind)))
        };
        variables.extend(SagaKind::ALL.map(of_kind));
        variables.push(("ENSEMBLE_UNWINDING_SECS".to_owned(), reference("UnwindingSecs")));
    }
    if opens_cards(declaration) {
        let url = either(TRIAL, &json!(SIMULATED_GATEWAY), &reference("GatewayUrl"));
        variables.push(("ENSEMBLE_GATEWAY_URL".to_owned(), url));
    }
    variables
}

/// Scales on the messages that wait for each task, in all queues of the service
/// (<https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html>).
fn draw_scaling(drawn: &Drawn<'_>, declaration: &Declaration, all: &mut Resources) {
    let (service, target) = (service(declaration), format!("{}Scaling", camel(declaration.name)));
    let most = reference("MaxTasks");
    let properties = json!({
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceId": sub(&format!("service/${{Cluster}}/${{{service}.Name}}")),
        "MinCapacity": either(TRIAL, &json!(1), &reference("MinTasks")),
        "MaxCapacity": if opens_cards(declaration) { either(TRIAL, &json!(1), &most) } else { most },
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

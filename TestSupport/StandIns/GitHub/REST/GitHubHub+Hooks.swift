internal import EventLoop
internal import HTTP
internal import JSON

/// The webhooks of a repository.
extension GitHubHub {
    func listHooks(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        return self.page(repository.hooks.map { self.shape($0, repository) }, call)
    }

    func createHook(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        guard let url = call.body["config"]?["url"]?.stringValue, (try? HTTPURL(url)) != nil else {
            throw GitHubProblem.invalid("Hook", "Config must contain URL for webhooks")
        }
        let events = call.body["events"]?.arrayValue?.compactMap(\.stringValue) ?? ["push"]
        if let unknown = events.first(where: { !Self.events.contains($0) }) {
            throw GitHubProblem.invalid("Hook", "Invalid event: \(unknown)")
        }
        if repository.hooks.contains(where: { $0.url == url && Set($0.events) == Set(events) }) {
            throw GitHubProblem.invalid("Hook", "Hook already exists on this repository")
        }
        // GitHub's limit for one event.
        guard repository.hooks.count < 20 else {
            throw GitHubProblem.invalid("Hook", "The \"push\" event cannot have more than 20 hooks")
        }
        let hook = HubHook(
            id: self.nextID(), url: url, secret: call.body["config"]?["secret"]?.stringValue,
            contentType: call.body["config"]?["content_type"]?.stringValue ?? "form", events: events,
            isActive: call.body["active"]?.boolValue ?? true, created: call.now, updated: call.now)
        repository.hooks.append(hook)
        self.ping(hook, in: repository, by: call.login)
        return GitHubReply(self.shape(hook, repository), status: 201)
    }

    private static let events: Set<String> = [
        "*", "push", "pull_request", "pull_request_review", "pull_request_review_comment", "issue_comment", "check_run",
        "check_suite", "workflow_run", "status", "create", "delete", "issues", "release", "fork", "workflow_job",
        "repository", "pull_request_review_thread", "commit_comment", "member", "star", "watch",
    ]

    func ping(_ hook: HubHook, in repository: HubRepository, by login: String) {
        self.deliver(
            "ping", to: hook, in: repository, by: login,
            ["zen": "Speak like a human.", "hook_id": JSON(hook.id), "hook": self.shape(hook, repository)])
    }

    func deleteHook(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let id = try call.number("hook_id")
        guard let index = repository.hooks.firstIndex(where: { $0.id == id }) else { throw GitHubProblem.notFound }
        repository.hooks.remove(at: index)
        return .empty
    }

    func redeliver(_ delivery: HubDelivery, to hook: HubHook, isForged: Bool = false) {
        let again = HubDelivery(
            id: self.nextID(), guid: delivery.guid, event: delivery.event, action: delivery.action, hook: hook.id,
            repository: delivery.repository, body: delivery.body, isRedelivery: true, delivered: self.now)
        self.deliveries.append(again)
        self.send(again, hook, isForged: isForged)
    }

    func shape(_ hook: HubHook, _ repository: HubRepository) -> JSON {
        let api = "\(self.url)/repos/\(repository.fullName)/hooks/\(hook.id)"
        var config: JSONObject = [
            "url": .string(hook.url), "content_type": .string(hook.contentType), "insecure_ssl": "0",
        ]
        if hook.secret != nil { config["secret"] = "********" }
        return [
            "type": "Repository", "id": JSON(hook.id), "name": "web", "active": .bool(hook.isActive),
            "events": .array(hook.events.map { .string($0) }), "config": .object(config), "url": .string(api),
            "test_url": .string("\(api)/test"), "ping_url": .string("\(api)/pings"),
            "deliveries_url": .string("\(api)/deliveries"), "created_at": Self.date(hook.created),
            "updated_at": Self.date(hook.updated),
            "last_response": [
                "code": hook.last.code.map { JSON($0) } ?? .null, "status": .string(hook.last.status),
                "message": hook.last.message.map { .string($0) } ?? .null,
            ],
        ]
    }
}

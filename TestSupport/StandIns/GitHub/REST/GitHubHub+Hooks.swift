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
        guard call.body["config"]?["content_type"] == "json", call.body["active"] != false else {
            throw GitHubProblem.invalid("Hook", "The stand-in has only active webhooks of the content type json")
        }
        let events = call.body["events"]?.arrayValue?.compactMap(\.stringValue) ?? ["push"]
        if let unknown = events.first(where: { !Self.events.contains($0) }) {
            throw GitHubProblem.invalid("Hook", "Invalid event: \(unknown)")
        }
        if repository.hooks.contains(where: { $0.url == url && Set($0.events) == Set(events) }) {
            throw GitHubProblem.invalid("Hook", "Hook already exists on this repository")
        }
        let hook = HubHook(
            id: self.nextID(), url: url, secret: call.body["config"]?["secret"]?.stringValue, events: events,
            created: call.now)
        repository.hooks.append(hook)
        self.deliver(
            "ping", to: hook, in: repository, by: call.login,
            ["zen": "Speak like a human.", "hook_id": JSON(hook.id), "hook": self.shape(hook, repository)])
        return GitHubReply(self.shape(hook, repository), status: 201)
    }

    private static let events: Set<String> = [
        "*", "push", "pull_request", "pull_request_review", "pull_request_review_comment", "issue_comment", "check_run",
        "check_suite", "workflow_run", "status", "create", "delete", "issues", "release", "fork", "workflow_job",
        "repository", "pull_request_review_thread", "commit_comment", "member", "star", "watch",
    ]

    func deleteHook(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let id = try call.number("hook_id")
        guard let index = repository.hooks.firstIndex(where: { $0.id == id }) else { throw GitHubProblem.notFound }
        repository.hooks.remove(at: index)
        return .empty
    }

    private func shape(_ hook: HubHook, _ repository: HubRepository) -> JSON {
        let api = "\(self.url)/repos/\(repository.fullName)/hooks/\(hook.id)"
        var config: JSONObject = [
            "url": .string(hook.url), "content_type": "json", "insecure_ssl": "0",
        ]
        if hook.secret != nil { config["secret"] = "********" }
        return [
            "type": "Repository", "id": JSON(hook.id), "name": "web", "active": true,
            "events": .array(hook.events.map { .string($0) }), "config": .object(config), "url": .string(api),
            "created_at": Self.date(hook.created), "updated_at": Self.date(hook.created),
            "last_response": [
                "code": hook.last.code.map { JSON($0) } ?? .null, "status": .string(hook.last.status),
                "message": hook.last.message.map { .string($0) } ?? .null,
            ],
        ]
    }
}

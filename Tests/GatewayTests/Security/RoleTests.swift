import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("Roles", .timeLimit(.minutes(1)))
struct RoleTests {
    /// The routes that need no credential.
    static let open: Set = [
        "GET /", "GET /assets/icon.svg", "GET /assets/icon.png", "GET /manifest.webmanifest", "GET /sw.js",
        "GET /assets/{hash}/{name}", "GET /healthz", "GET /readyz", "GET /metrics",
        "POST /api/v1/signin", "GET /people", "GET /schedules", "GET /tasks", "GET /documents", "GET /analytics",
        "GET /d/{place}/{path...}",
        "GET /s/{token}",
        "GET /api/v1/openapi.json",
        "GET /api/v1/signin",
        "GET /api/v1/signin/github",
        "GET /api/v1/signin/github/callback", "GET /api/v1/signin/oidc", "GET /api/v1/signin/oidc/callback",
        "GET /api/v1/extensions/{name}/callback", "GET /api/v1/extensions/{name}/client",
    ]
    /// The lowest role for each other route. A new route needs an entry here.
    static let minimum: [String: Role] = [
        "POST /api/v1/signout": .guest, "GET /api/v1/analytics": .guest, "GET /api/v1/me": .guest,
        "GET /api/v1/threads": .guest, "POST /api/v1/threads": .guest, "GET /api/v1/threads/{id}": .guest,
        "PATCH /api/v1/threads/{id}": .guest, "DELETE /api/v1/threads/{id}": .guest,
        "GET /api/v1/threads/{id}/messages": .guest,
        "GET /api/v1/threads/{id}/messages/{message}/files/{number}": .guest,
        "POST /api/v1/threads/{id}/messages": .guest, "GET /api/v1/operations/{id}": .guest,
        "POST /api/v1/operations/{id}/stop": .guest, "PUT /api/v1/operations/{id}/rating": .guest,
        "GET /api/v1/ratings": .guest,
        "GET /api/v1/schedules": .guest, "POST /api/v1/schedules": .guest, "PATCH /api/v1/schedules/{id}": .guest,
        "DELETE /api/v1/schedules/{id}": .guest,
        "GET /api/v1/mentions": .guest, "DELETE /api/v1/mentions/{id}": .guest, "GET /api/v1/names": .member,
        "GET /api/v1/asks": .guest, "GET /api/v1/threads/{id}/export": .guest,
        "GET /api/v1/threads/{id}/asks": .guest,
        "POST /api/v1/asks/{id}": .guest, "GET /api/v1/threads/{id}/shares": .guest,
        "POST /api/v1/threads/{id}/shares": .guest, "DELETE /api/v1/threads/{id}/shares/{share}": .guest,
        "GET /api/v1/threads/{id}/jobs": .member, "GET /api/v1/threads/{id}/files": .member,
        "POST /api/v1/threads/{id}/files": .guest,
        "GET /api/v1/threads/{id}/diff": .member, "GET /api/v1/threads/{id}/snapshots": .member,
        "GET /api/v1/threads/{id}/steps": .member, "GET /t/{thread}/diff": .member,
        "GET /api/v1/repositories/{repository}/commits/{sha}": .guest,
        "GET /api/v1/threads/{id}/spec": .member, "GET /api/v1/threads/{id}/spec/document": .member,
        "GET /api/v1/threads/{id}/spec/diff": .member,
        "GET /api/v1/documents": .member, "POST /api/v1/documents/open": .member,
        "GET /api/v1/threads/{id}/documents": .member, "GET /api/v1/threads/{id}/documents/{path...}": .member,
        "PUT /api/v1/threads/{id}/documents/{path...}": .member,
        "GET /api/v1/threads/{id}/documents/{path...}/live": .member,
        "GET /api/v1/threads/{id}/documents/{path...}/comments": .member,
        "POST /api/v1/threads/{id}/documents/{path...}/comments": .member,
        "DELETE /api/v1/threads/{id}/documents/{path...}/comments": .member,
        "GET /api/v1/models": .guest, "GET /api/v1/personas": .guest, "GET /api/v1/usage": .guest,
        "GET /api/v1/sessions": .guest,
        "GET /api/v1/repositories": .member, "GET /api/v1/commands": .guest, "GET /api/v1/live": .guest,
        "GET /r/{repository}": .member, "GET /r/{repository}/commit/{sha}": .guest,
        "GET /r/{repository}/commits/{ref}": .member,
        "GET /r/{repository}/blob/{ref}/{path...}": .member, "GET /r/{repository}/raw/{ref}/{path...}": .member,
        "GET /r/{repository}/tree/{ref}": .member, "GET /r/{repository}/tree/{ref}/{path...}": .member,
        "GET /a/{message}": .guest, "GET /api/v1/audit": .owner, "GET /api/v1/hosts": .owner,
        "GET /api/v1/push/subscriptions": .guest, "POST /api/v1/push/subscriptions": .guest,
        "DELETE /api/v1/push/subscriptions/{id}": .guest,
        "GET /api/v1/memory": .guest, "POST /api/v1/memory": .guest, "PATCH /api/v1/memory/{id}": .guest,
        "DELETE /api/v1/memory/{id}": .guest,
        "GET /api/v1/events": .guest, "POST /api/v1/graphql": .guest, "POST /mcp": .guest,
        "GET /api/v1/graphql/schema": .guest,
        "GET /api/v1/settings": .guest, "PATCH /api/v1/settings": .guest,
        "GET /api/v1/tasks/features": .member,
        "GET /api/v1/tasks": .member, "POST /api/v1/tasks": .member, "GET /api/v1/tasks/{repository}/{id}": .member,
        "PATCH /api/v1/tasks/{repository}/{id}": .member,
        "GET /api/v1/people": .owner, "PATCH /api/v1/people/{id}": .owner, "DELETE /api/v1/people/{id}": .owner,
        "POST /api/v1/people/{id}/codes": .guest, "POST /api/v1/people/invites": .owner,
        "DELETE /api/v1/people/invites/{id}": .owner,
        "DELETE /api/v1/credentials/{id}": .owner,
        "GET /api/v1/hooks": .owner, "GET /api/v1/hooks/{name}/deliveries": .owner,
        "POST /api/v1/hooks/{name}/deliveries/{id}/resend": .owner, "POST /api/v1/hooks/{name}/test": .owner,
    ]

    @Test("every route admits its minimum role and those above it, and nobody else")
    func walk() async throws {
        try await GatewayHarness.run { harness in
            let routes = APITable.routes
            expectEqual(Set(routes.map { "\($0.method.rawValue) \($0.pattern)" }), Self.open.union(Self.minimum.keys))
            var callers: [(role: Role?, caller: Caller)] = [(nil, harness.anybody)]
            for role in Role.allCases { callers.append((role, try await harness.token(.admin, role: role))) }
            for route in routes {
                let name = "\(route.method.rawValue) \(route.pattern)"
                let target = route.pattern.split(separator: "/", omittingEmptySubsequences: false)
                    .map { $0.hasPrefix("{") ? "none" : String($0) }.joined(separator: "/")
                // An event stream does not end.
                for (role, caller) in callers where route.operation != "events" || role == nil {
                    let answer = try await caller.send(route.method, target, json: route.bodyLimit > 0 ? [:] : nil)
                    guard let needed = Self.minimum[name] else {
                        #expect(![401, 403].contains(answer.status), "\(name)")
                        continue
                    }
                    guard let role else {
                        expectEqual(answer.status, 401, "\(name)")
                        continue
                    }
                    if role < needed {
                        expectEqual(answer.status, 403, "\(name) as \(role)")
                        let who = needed == .owner ? "for owners" : "members and owners"
                        expectEqual(answer.json["detail"]?.stringValue?.contains(who), true, "\(name)")
                    } else {
                        #expect(![401, 403].contains(answer.status), "\(name) as \(role)")
                    }
                }
            }
        }
    }

    @Test("of a repository, a guest sees the commits that were posted in the guest's own threads, and nothing else")
    func commits() async throws {
        let commit = CommitNotice(
            repository: "notes", sha: FakeViewer.sha, branch: "001", subject: "Add a specification", files: 1,
            additions: 2, deletions: 0)
        let worker = StepWorker([.event(.text("Done")), .event(.commit(commit))])
        try await GatewayHarness.run(worker: worker) { harness in
            let (guest, other) = (try await harness.signedIn(.guest), try await harness.signedIn(.guest))
            let (member, owner) = (try await harness.signedIn(.member), try await harness.signedIn(.owner))
            let path = "/r/notes/commit/\(FakeViewer.sha.prefix(7))"
            let files = "/api/v1/repositories/notes/commits/\(FakeViewer.sha.prefix(7))"
            try await expectEqual(guest.send(.get, path).status, 404)
            try await expectEqual(guest.send(.get, files).status, 404)
            try await expectEqual(member.send(.get, path).status, 200)
            try await expectEqual(member.send(.get, files).status, 200)
            let thread = try await guest.newThread()
            _ = try await owner.ended(try await owner.write("specify it", to: thread))
            try await expectEqual(guest.send(.get, path).status, 200)
            // It leads to its conversation, for those who may see that.
            let link = "<dt>Conversation</dt><dd><a href=\"/#/t/\(thread)\">"
            for (caller, isShown) in [(guest, true), (owner, true), (member, false)] {
                let page = try await caller.with("Accept", "text/html").send(.get, path).text
                #expect(page.contains(link) == isShown)
            }
            try await expectEqual(guest.send(.get, files).expect(200)["items"]?.arrayValue?.count, 4)
            try await expectEqual(other.send(.get, path).status, 404)
            try await expectEqual(other.send(.get, files).status, 404)
            for page in [
                "/r/notes", "/r/notes/tree/main", "/r/notes/tree/\(FakeViewer.sha)", "/r/notes/blob/main/readme.md",
                "/r/notes/raw/main/readme.md", "/api/v1/repositories",
            ] {
                try await expectEqual(guest.send(.get, page).status, 403, "\(page)")
                let notice = try await guest.with("Accept", "text/html").send(.get, page)
                #expect(notice.status == 403 && notice.text.contains("for members and owners"), "\(page)")
            }
            try await expectEqual(guest.send(.delete, "/api/v1/threads/\(thread)").status, 204)
            try await expectEqual(guest.send(.get, path).status, 404)
        }
    }
}

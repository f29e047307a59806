import Chat
import Glibc
import HTTP
import JSON
import People
import Sessions
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite("A person's quota over the API", .timeLimit(.minutes(1)))
struct QuotaTests {
    @Test("the defaults hold for members and guests, not for owners")
    func owners() async throws {
        var quota = PersonQuota()
        (quota.threads, quota.uploadsPerDay) = (1, 3)
        try await GatewayHarness.run(quota: quota) { harness in
            let owner = try await harness.signedIn(.owner)
            for _ in 1...2 {
                let upload = "/api/v1/threads/\(try await owner.newThread())/files?name=a.txt"
                try await expectEqual(
                    owner.send(.post, upload, body: Array("text".utf8), headers: owner.headers).status, 201)
            }
            let guest = try await harness.signedIn(.guest)
            let upload = "/api/v1/threads/\(try await guest.newThread())/files?name=a.txt"
            try await expectEqual(
                guest.send(.post, upload, body: Array("text".utf8), headers: guest.headers).status, 507)
            try await expectEqual(guest.send(.post, "/api/v1/threads", json: [:]).status, 507)
        }
    }

    private static func quota(_ change: (inout PersonQuota) -> Void) -> PersonQuota {
        var quota = PersonQuota()
        quota.includesOwners = true
        change(&quota)
        return quota
    }

    @Test("messages, files and threads beyond it get 507 with what to do; a deleted thread frees its part")
    func refusals() async throws {
        let quota = Self.quota {
            $0.stored = 200_000
            $0.threads = 2
            $0.uploadsPerDay = 160_000
        }
        try await GatewayHarness.run(quota: quota) { harness in
            let guest = try await harness.signedIn(.guest)
            let thread = try await guest.newThread()
            let file = String(repeating: "x", count: 150_000)
            _ = try await guest.upload(file, "/api/v1/threads/\(thread)/files?name=a.txt").expect(201)
            let second = try await guest.upload(file, "/api/v1/threads/\(thread)/files?name=b.txt")
            expectEqual(second.status, 507)
            try expectEqual(harness.fileNames(of: thread).count, 1)
            let path = "/api/v1/threads/\(thread)/messages"
            let long: JSON = ["text": .string(String(repeating: "x", count: 20_000))]
            let refused = try await guest.send(.post, path, json: long)
            #expect(refused.status == 507 && refused.text.contains("quota.person.stored"))
            try await expectEqual(guest.send(.get, path).expect(200)["items"]?.arrayValue?.isEmpty, true)
            try await expectEqual(guest.send(.post, path, json: ["text": "/whoami"]).status, 202)
            let other = try await guest.newThread()
            let third = try await guest.send(.post, "/api/v1/threads", json: [:])
            #expect(third.status == 507 && third.text.contains("quota.person.threads"))
            _ = try await guest.send(.delete, "/api/v1/threads/\(thread)").expect(204)
            let accepted = try await guest.send(.post, "/api/v1/threads/\(other)/messages", json: long)
            expectEqual(accepted.status, 202)
            // What was sent today still counts.
            let again = try await guest.upload(
                String(file.prefix(20_000)), "/api/v1/threads/\(other)/files?name=a.txt")
            #expect(again.status == 507 && again.text.contains("uploads_per_day"))
        }
    }

    @Test("a file that has been accepted goes with its message, however little room is left")
    func accepted() async throws {
        try await GatewayHarness.run(quota: Self.quota { $0.stored = 200_000 }) { harness in
            let guest = try await harness.signedIn(.guest)
            let thread = try await guest.newThread()
            let path = "/api/v1/threads/\(thread)/files?name="
            _ = try await guest.upload(String(repeating: "x", count: 150_000), path + "a.txt").expect(201)
            _ = try await guest.ended(try await guest.write("look", to: thread))
            let said = try await guest.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)["items"]?.arrayValue
            expectEqual(said?.last?["text"]?.stringValue?.contains("`a.txt` (text/plain, 146 KiB)"), true)
            // It is kept once.
            try expectEqual(harness.fileNames(of: thread).count, 1)
            _ = try await guest.upload(String(repeating: "y", count: 40_000), path + "b.txt").expect(201)
        }
    }

    @Test("`/stop` without room stops the answer, and says that nothing was stored")
    func stop() async throws {
        let worker = StepWorker([.event(.text("It is ")), .untilStopped])
        try await GatewayHarness.run(worker: worker, quota: Self.quota { $0.stored = 20_000 }) { harness in
            let guest = try await harness.signedIn(.guest)
            let thread = try await guest.newThread()
            let operation = try await guest.write("hello", to: thread)
            try await harness.bridge.store.write { ledger in try ledger.setFiles(2 << 20, of: thread) }
            let answer = try await guest.send(
                .post, "/api/v1/threads/\(thread)/messages", json: ["text": "/stop"])
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let body = try answer.expect(200)
            expectEqual(
                SchemaValidator(document: document).mistakes(
                    in: body, method: "post", path: "/api/v1/threads/{id}/messages", status: 200), [])
            expectEqual(body["detail"]?.stringValue?.contains("not stored"), true)
            try await expectEqual(guest.ended(operation)["state"], "stopped")
        }
    }
}

extension GatewayHarness {
    /// Of the files that are kept for a thread.
    fileprivate func fileNames(of thread: String) throws -> [String] {
        guard let folder = opendir("\(self.directory.path)/files/\(thread)") else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}

import Copilot
import HTTP
import HTTPClient
import JSON
import Models
import Primitives
import Repositories
import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: reads that are under way at once", .timeLimit(.minutes(1)))
struct GitHubFlightsTests {
    private static let app = #"{"id":1,"full_name":"octo/app"}"#

    /// Answers wait at a gate.
    private final class Gate: Sendable {
        private let state = Protected<(isOpen: Bool, arrived: Int)>((false, 0))
        func open() { self.state.withLock { $0.isOpen = true } }
        func pass() async {
            self.state.withLock { $0.arrived += 1 }
            while !self.state.withLock({ $0.isOpen }), !Task.isCancelled { await Task.yield() }
        }
        func arrived(_ count: Int) async throws {
            try await eventually("\(count) requests have arrived") { self.state.withLock { $0.arrived } >= count }
        }
    }

    private static func rig(_ gate: Gate) throws -> (GitHubRig, AnsweringTransport) {
        let transport = AnsweringTransport { request, _ in
            guard request.method == .get else { return .json("{}", status: 201) }
            await gate.pass()
            try Task.checkCancellation()
            return .json(Self.app)
        }
        return (try GitHubRig(transport), transport)
    }

    @Test("identical reads are one request, those of another token or address are not")
    func shared() async throws {
        let gate = Gate()
        let (rig, transport) = try Self.rig(gate)
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { _ = try await rig.client.repository(GitHubRig.repository) } }
            try await gate.arrived(1)
            let other = GitHubRepositoryName(owner: "octo", name: "other")
            group.addTask { _ = try await rig.client.repository(other) }
            var request = GitHubRequest(.get, GitHubRig.repository, [], "Reading")
            request.authorization = .token(try GitHubRig.token("gho_" + String(repeating: "b", count: 36)))
            group.addTask { [request] in _ = try await rig.client.send(request) }
            try await gate.arrived(3)
            try await eventually("the other reads wait") { rig.client.flights.waiting >= 19 }
            gate.open()
            try await group.waitForAll()
        }
        expectEqual(transport.requests.count, 3)
        // Afterwards it is asked for again.
        _ = try await rig.client.repository(GitHubRig.repository)
        expectEqual(transport.requests.count, 4)
    }

    @Test("a caller that leaves takes nothing from the others, also if the request was its own")
    func cancelled() async throws {
        let gate = Gate()
        let (rig, transport) = try Self.rig(gate)
        let first = Task { try await rig.client.repository(GitHubRig.repository) }
        try await gate.arrived(1)
        let second = Task { try await rig.client.repository(GitHubRig.repository) }
        let third = Task { try await rig.client.repository(GitHubRig.repository) }
        third.cancel()
        await #expect(throws: CancellationError.self) { try await third.value }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        gate.open()
        try await expectEqual(second.value.name, GitHubRig.repository)
        expectEqual(transport.requests.count, 2)
    }

    @Test("a read after a write does not share one from before it")
    func afterWrite() async throws {
        let gate = Gate()
        let (rig, transport) = try Self.rig(gate)
        let before = Task { try await rig.client.repository(GitHubRig.repository) }
        try await gate.arrived(1)
        try await rig.client.createBranch("x", at: "a", in: GitHubRig.repository)
        let after = Task { try await rig.client.repository(GitHubRig.repository) }
        try await gate.arrived(2)
        gate.open()
        _ = try await (before.value, after.value)
        expectEqual(transport.requests.count { $0.method == .get }, 2)
    }

    @Test("each caller's thread learns of the wait that it shares")
    func told() async throws {
        let flight = GitHubFlight()
        let (first, second) = (ToldLines(), ToldLines())
        await flight.listen(first.say)
        await flight.say("A pause.")
        await flight.listen(second.say)
        expectEqual(first.all, ["A pause."])
        expectEqual(second.all, ["A pause."])
    }

    @Test("a cancelled write makes what is known of its repository out of date")
    func cancelledWrite() async throws {
        let gate = Gate()
        let transport = AnsweringTransport { request, _ in
            if request.method != .get {
                await gate.pass()
                try Task.checkCancellation()
            }
            return .json("[]")
        }
        let rig = try GitHubRig(transport)
        _ = try await rig.client.branches(of: GitHubRig.repository)
        let write = Task { try await rig.client.createBranch("x", at: "a", in: GitHubRig.repository) }
        try await gate.arrived(1)
        write.cancel()
        await #expect(throws: CancellationError.self) { try await write.value }
        _ = try await rig.client.branches(of: GitHubRig.repository)
        expectEqual(transport.requests.count { $0.method == .get }, 2)
    }

    @Test("a server without GraphQL is not taken for a missing repository")
    func noGraphQL() async throws {
        let rig = try GitHubRig(.json(#"{"message":"Not Found"}"#, status: 404))
        let error = try await rig.failure { _ = try await $0.graphQL("{ viewer }", [:], "Reading", isWrite: false) }
        expectEqual(error.code, .unsupported)
        expectEqual(error.message, "Reading failed: this server has no GraphQL (404); check github.api_url.")
    }

    @Test("a gateway's answer to a GraphQL change says nothing about what happened, whatever its body")
    func graphQLFailure() async throws {
        let rig = try GitHubRig(.json(#"{"errors":[{"type":"STALE_DATA","message":"x"}]}"#, status: 502))
        let error = try await rig.failure { _ = try await $0.graphQL("mutation", [:], "Writing", isWrite: true) }
        expectEqual(error.code, .unavailable)
        #expect(error.mayHaveHappened)
    }
}

import Glibc
import Processes
import TestSupport
import Testing

/// Kills or stops the host of a network at fault points; another host of the cluster goes on.
@Suite("A crash, and another host goes on", .serialized, .timeLimit(.minutes(4)))
struct ClusterCrashTests {
    private static let faults = [
        "event-stored", "part-stored", "turn-closing", "turn-closed", "send-marked:2", "send-done:2",
    ]

    @Test("one complete answer or one note, no repeat without its mark")
    func crash() async throws {
        let answer = ModelBehavior.answer(IRCCrashTests.paragraphs.joined(separator: "\n\n"), rate: 60)
        let channel = try await ClusterChannel.opened(answering: answer, hasPenalty: false)
        let (cluster, alice) = (channel.cluster, channel.alice)
        // The first one has the network, and takes it back each time.
        let (own, other) = (0, 1)
        for fault in Self.faults {
            _ = await cluster.hosts[other].terminate()
            try await cluster.start(other, fault: fault)
            alice.forget()
            let drained = try await cluster.run(own, ["hosts", "drain", "host-\(own)"])
            expectEqual(drained.status, .exited(0), "\(drained.errorText)")
            // Live again.
            _ = await cluster.hosts[own].terminate()
            try await cluster.start(own)
            try await alice.waitForJoin(of: "jetbot")
            alice.forget()
            cluster.model.set(answer, for: "test")
            try await channel.ask("What is it?")
            try await cluster.hosts[other].waitForEnd()
            try await alice.waitForJoin(of: "jetbot")
            try await channel.listen {
                $0.contains { $0.hasSuffix(IRCCrashTests.paragraphs[2]) || $0.contains("Interrupted") }
            }
            cluster.model.set(.answer("The next answer."), for: "test")
            try await channel.ask("And now?")
            let lines = try await channel.listen {
                $0.last == "alice: The next answer."
            }
            IRCCrashTests.check(lines.dropLast(), after: fault)
            try await cluster.start(other)
        }
        try await channel.close()
    }

    /// Between the mark and the post, and in a transaction, which the server then ends.
    @Test("a host that stops posts nothing twice", arguments: ["stop:send-marked", "stop:place-fenced:12"])
    func stop(fault: String) async throws {
        let answer = ModelBehavior.answer(NetworkCrashTests.paragraphs.joined(separator: "\n\n"), rate: 60)
        let room = try await CrashNetwork.slack.open()
        let cluster = try await ClusterHosts.started(
            answering: answer, more: room.configuration, environment: room.environment, faults: [0: fault])
        try await room.waitForBot()
        try await room.ask("What is it?")
        try await cluster.hosts[0].waitForStop()
        try await room.wait(for: "answer after \(fault)") { texts in
            texts.contains { $0.contains(NetworkCrashTests.paragraphs[2]) || $0.contains("Interrupted") }
        }
        cluster.model.set(.answer("The next answer."), for: "test")
        try await room.ask("And now?")
        let before = try await room.wait(for: "next answer after \(fault)") { $0.last == "The next answer." }
        NetworkCrashTests.check(before.dropLast(), after: fault, isExact: false)
        // It goes on, finds that it has nothing any more, and says nothing.
        await cluster.hosts[0].signal(SIGCONT)
        try await PostgreSQLServer.until { try await cluster.listed(by: 1).map(\.state) == ["live", "live"] }
        cluster.model.set(.answer("The last answer."), for: "test")
        try await room.ask("And then?")
        let after = try await room.wait(for: "last answer after \(fault)") { $0.last == "The last answer." }
        expectEqual(after, before + ["The last answer."], "\(fault)")
        try await cluster.finish()
        await room.close()
    }
}

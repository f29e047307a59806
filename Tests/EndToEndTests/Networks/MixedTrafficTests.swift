import EventLoop
import Glibc
import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// Mixed traffic on all networks at once, with injected faults and restarts. `JETBRIDGE_SOAK` is its length in seconds,
/// `JETBRIDGE_SOAK_LOG` the file that gets the host's log.
@Suite("All networks at once", .timeLimit(.minutes(40)))
struct MixedTrafficTests {
    private static let conversations = 4
    private static let duration = Duration.seconds(
        getenv("JETBRIDGE_SOAK").flatMap { Int(String(cString: $0)) } ?? 15)

    @Test("with faults and restarts, nothing is lost, nothing comes twice, and memory stays flat")
    func soak() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let all = try await AllNetworks(conversations: Self.conversations, model: model)
        try await all.start()
        let end = ContinuousClock.now + Self.duration
        let memory = MemoryRecord()
        let asked = Protected<[String: Int]>([:])
        // IRC has no history: people see the bot leave, and wait.
        let isAway = Protected(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for network in all.networks {
                for conversation in 0..<Self.conversations {
                    group.addTask {
                        let count = try await Self.talk(on: network, in: conversation, until: end) {
                            while network.name == "irc", isAway.withLock({ $0 }) { try await network.change() }
                        }
                        asked.withLock { $0[network.name, default: 0] += count }
                    }
                }
                group.addTask { try await Self.disturb(network, until: end) }
            }
            group.addTask { try await memory.record(all.host, until: end) }
            group.addTask { try await Self.restart(all, until: end, isAway) }
            try await group.waitForAll()
        }
        for network in all.networks {
            let count = asked.withLock { $0[network.name] ?? 0 }
            #expect(count > Self.conversations, "\(network.name) was asked \(count) questions only")
        }
        #expect(memory.growth < 25, "\(memory.growth) MB more than at the beginning: \(memory.samples)")
        let status = await all.stop()
        let log = await all.host.log
        if let file = getenv("JETBRIDGE_SOAK_LOG").flatMap({ fopen($0, "w") }) {
            fputs(log, file)
            fclose(file)
        }
        expectEqual(status, "exit status 0", "\(log.suffix(4_000))")
        await model.stop()
    }

    /// Asks one person's questions, each after the answer to the previous one; returns their number.
    private static func talk(
        on network: any ServedNetwork, in conversation: Int, until end: ContinuousClock.Instant,
        _ presence: () async throws -> Void
    ) async throws -> Int {
        var number = 0
        while ContinuousClock.now < end || number < 2 {
            number += 1
            let name = "\(network.name)-\(conversation)-\(number)."
            try await presence()
            try await network.say("what is \(name)", in: conversation)
            // A missing answer is recorded and the questions continue: the number of missing answers matters.
            do {
                let words = try await network.wait(in: conversation, for: name, within: .seconds(120)) { words in
                    words.contains { $0.contains(name) }
                }
                let answers = words.filter { $0.contains(name) }
                expectEqual(answers.count, 1, "\(answers)")
            } catch {
                Issue.record("\(name): \(error)")
            }
            // People are slower than a model on loopback, and platforms' limits are made for people.
            try await EventLoop.shared.sleep(for: .milliseconds(1_500))
        }
        // Counted at the end, because a repeat may come late.
        let words = try await network.words(in: conversation)
        for question in 1...number {
            let name = "\(network.name)-\(conversation)-\(question)."
            let count = words.filter { $0.contains(name) }.count
            expectEqual(count, 1, "\(name) was answered \(count) times")
        }
        return number
    }

    /// Replaces the host's program by itself, again and again.
    private static func restart(
        _ all: AllNetworks, until end: ContinuousClock.Instant, _ isAway: Protected<Bool>
    ) async throws {
        let id = await all.host.id
        while true {
            try await EventLoop.shared.sleep(for: .seconds(4))
            guard ContinuousClock.now < end else { break }
            isAway.withLock { $0 = true }
            let result = try await all.host.run(["restart"], environment: all.environment)
            #expect(result.status.isSuccess, "\(result.errorText)")
            try await all.irc.meet(all.host)
            isAway.withLock { $0 = false }
        }
        await expectEqual(all.host.id, id)
    }

    private static func disturb(_ network: any ServedNetwork, until end: ContinuousClock.Instant) async throws {
        var number = 0
        while ContinuousClock.now < end {
            try await EventLoop.shared.sleep(for: .milliseconds(2_500))
            await network.disturb(number)
            number += 1
        }
    }
}

/// The host's memory over time.
private final class MemoryRecord: Sendable {
    private let state = Protected<[Double]>([])

    /// In MB.
    var samples: [Double] { self.state.withLock { $0 } }

    /// From the maximum of the first third to that of the last third.
    var growth: Double {
        let samples = self.samples
        let third = max(1, samples.count / 3)
        return (samples.suffix(third).max() ?? 0) - (samples.prefix(third).max() ?? 0)
    }

    func record(_ host: HostProcess, until end: ContinuousClock.Instant) async throws {
        while ContinuousClock.now < end {
            try await EventLoop.shared.sleep(for: .seconds(1))
            guard let id = await host.id else { continue }
            let resident = Double(ProcessTable.residentMemory(of: id)) / 1e6
            if resident > 0 { self.state.withLock { $0.append(resident) } }
        }
    }
}

internal import JSON
internal import TestSupport

/// The network side of `Bench/networks`: servers on loopback, people on them, and the clock.
///
/// The first line on stdout is the bots' configuration; its reader starts the bots. Further lines are
/// measurements and counts of calls.
///
/// - `what=overhead network=N questions=… turns=…`: two bots, `ours` and `peer`, are asked alternately.
/// - `what=edits networks=A,B`: one bot on each network; a long answer on all of them at once.
/// - `what=fanout network=N rooms=…`: one bot, asked in all rooms at once.
struct NetworksBenchmark: Sendable {
    private static let warmUp = 20
    private let arguments: BenchArguments

    init(_ arguments: BenchArguments) { self.arguments = arguments }

    func run() async throws {
        switch try self.arguments.text("what") {
        case "overhead": try await self.overhead(try self.arguments.text("network"))
        case "edits": try await self.edits(try self.arguments.text("networks").split(separator: ",").map(String.init))
        case "fanout": try await self.fanout(try self.arguments.text("network"))
        case let other: throw BenchFailure("unknown measurement '\(other)'")
        }
    }

    // MARK: Overhead

    private func overhead(_ name: String) async throws {
        let questions = self.arguments.number("questions", default: 300) + Self.warmUp
        let turns = self.arguments.number("turns", default: 10)
        let rooms = (questions + turns - 1) / turns
        let maker = BenchNetworks(hasLimits: false)
        let ours = try await maker.make(name, rooms: rooms, bot: "ours")
        let peer = try await maker.make(name, rooms: rooms, bot: "peer")
        BenchOutput.line([
            "event": "serving", "ours": .object(ours.connection), "peer": .object(peer.connection),
        ])
        try await ours.open()
        try await peer.open()
        var elapsed: (ours: [Double], peer: [Double]) = ([], [])
        for number in 0..<questions {
            let text = "How long does question number \(number) take?"
            // In turn, because the first question after a change of rooms may cost the network more than the second.
            let isOursFirst = (number / turns).isMultiple(of: 2)
            if !isOursFirst { elapsed.peer.append(try await self.time(text, room: number / turns, on: peer)) }
            elapsed.ours.append(try await self.time(text, room: number / turns, on: ours))
            if isOursFirst { elapsed.peer.append(try await self.time(text, room: number / turns, on: peer)) }
        }
        BenchOutput.line([
            "event": "measured", "ours": Self.list(elapsed.ours.dropFirst(Self.warmUp)),
            "peer": Self.list(elapsed.peer.dropFirst(Self.warmUp)),
        ])
        await ours.stop()
        await peer.stop()
        await maker.stop()
    }

    /// Milliseconds from the question to the first words of its answer; returns when the answer is complete.
    private func time(_ text: String, room: Int, on network: some BenchNetwork) async throws -> Double {
        let start = BenchClock.microseconds()
        let question = try await network.ask(text, in: room)
        try await network.wait(question, within: .seconds(60)) { !$0.isEmpty }
        let end = BenchClock.microseconds()
        try await network.wait(question, within: .seconds(60)) { words in
            words.contains { $0.text.contains("instant answer.") && !$0.isGrowing }
        }
        return Double(end - start) / 1_000
    }

    // MARK: One long answer

    private func edits(_ names: [String]) async throws {
        let maker = BenchNetworks(hasLimits: true)
        var networks: [(name: String, network: any BenchNetwork)] = []
        var serving: JSONObject = ["event": "serving"]
        for name in names {
            let network = try await maker.make(name, rooms: 1, bot: "ours")
            networks.append((name, network))
            serving[name] = .object(network.connection)
        }
        BenchOutput.line(serving)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (name, network) in networks {
                group.addTask {
                    try await network.open()
                    BenchOutput.line(try await Self.longAnswer(on: network, name: name))
                }
            }
            try await group.waitForAll()
        }
        for (_, network) in networks { await network.stop() }
        await maker.stop()
    }

    private static func longAnswer(on network: any BenchNetwork, name: String) async throws -> JSONObject {
        let before = (calls: await network.calls, refusals: await network.refusals)
        let question = try await network.ask("Tell me a long story.", in: 0)
        let words = try await network.wait(question, within: .seconds(600)) { words in
            words.last.map { $0.text.contains(BenchStory.ending) && !$0.isGrowing } ?? false
        }
        let arrived = BenchClock.microseconds()
        let text = words.map(\.text).joined(separator: "\n")
        let written = BenchStory.endTime(in: text) ?? 0
        let calls = await network.calls.mapValues { JSON($0) }.merging(before.calls.mapValues { JSON($0) }) {
            JSON(($0.intValue ?? 0) - ($1.intValue ?? 0))
        }
        return [
            "event": "measured", "network": .string(name), "calls": .object(JSONObject(dictionary: calls)),
            "refusals": JSON(await network.refusals - before.refusals),
            "milliseconds": .number(Double(arrived - written) / 1_000),
            "tokens": JSON(BenchStory.count(in: text)),
        ]
    }

    // MARK: Many rooms at once

    private func fanout(_ name: String) async throws {
        let rooms = self.arguments.number("rooms", default: 200)
        let maker = BenchNetworks(hasLimits: true, eventsPerSecond: 4)
        let network = try await maker.make(name, rooms: rooms, bot: "ours")
        BenchOutput.line(["event": "serving", "ours": .object(network.connection)])
        try await network.open()
        // The first question waits until the bot is ready; the pause after it lets the rate limits recover.
        _ = try await self.time("Are you there?", room: 0, on: network)
        try await Task.sleep(for: .seconds(self.arguments.number("pause", default: 12)))
        let before = await network.refusals
        let start = BenchClock.microseconds()
        var open: [BenchQuestion] = []
        for room in 0..<rooms { open.append(try await network.ask("What is in room \(room)?", in: room)) }
        // Polled, because waiting on each room separately would slow the servers down.
        let deadline = ContinuousClock.now + .seconds(300)
        while !open.isEmpty, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
            var waiting: [BenchQuestion] = []
            for question in open {
                let words = await network.words(after: question)
                if !words.contains(where: { $0.text.contains("instant answer.") && !$0.isGrowing }) {
                    waiting.append(question)
                }
            }
            open = waiting
        }
        let seconds = Double(BenchClock.microseconds() - start) / 1_000_000
        BenchOutput.line([
            "event": "measured", "answers": JSON(rooms - open.count), "seconds": .number(seconds),
            "allowed": .number(network.leastSeconds(for: rooms)),
            "refusals": JSON(await network.refusals - before),
        ])
        await network.stop()
        await maker.stop()
    }

    private static func list(_ numbers: some Sequence<Double>) -> JSON { .array(numbers.map { .number($0) }) }
}

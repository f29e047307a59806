internal import HTTPServer
internal import JSON
internal import TestSupport

/// What taking part in a conversation costs: the side of the networks, the people and the clock.
///
/// The first line on stdout has the connections of the programs and `model`, the beginning of their models' URLs; its reader
/// starts the programs. The lines after it are measurements.
///
/// - `what=requests network=N place=direct|room sides=A,B rooms=…`: several programs are asked in turn, in each room twice;
///   the time from each second question to the model's request.
/// - `what=calls networks=A,B sides=A,B`: what each of several programs asks of each network for an answer of ten seconds.
/// - `what=join threads=… messages=…`: a program is called into threads in Slack.
/// - `what=remember rooms=… lines=…`: people talk in many groups on Telegram.
/// - `what=document files=A,B`: files are sent in Slack, each with a question.
struct ConversationBenchmark: Sendable {
    /// What people say beside their questions.
    static let talk = [
        "The deploy of the shop failed twice this morning, with the same error as last week.",
        "I think that it was the cache: the new nodes start with an empty one.",
        "On staging it took forty milliseconds.", "Did anybody look at the logs of the second node?",
        "Yes, nothing but the usual warnings about the clock.",
    ]
    let arguments: BenchArguments

    init(_ arguments: BenchArguments) { self.arguments = arguments }

    func run() async throws {
        switch try self.arguments.text("what") {
        case "requests": try await self.requests(on: try self.arguments.text("network"))
        case "calls": try await self.calls()
        case "join": try await self.join()
        case "remember": try await self.remember()
        case "document": try await self.documents()
        case let other: throw BenchFailure("unknown measurement '\(other)'")
        }
    }

    static func serving(_ connections: JSONObject, _ model: HTTPServer) {
        BenchOutput.line([
            "event": "serving", "connections": .object(connections), "model": .string(model.controlURL),
        ])
    }

    func list(_ key: String) throws -> [String] {
        try self.arguments.text(key).split(separator: ",").map(String.init)
    }

    // MARK: From the question to the model

    private func requests(on network: String) async throws {
        guard let place = BenchPlace(rawValue: try self.arguments.text("place")) else {
            throw BenchFailure("unknown place")
        }
        let names = try self.list("sides")
        let rooms = self.arguments.number("rooms", default: 60)
        let maker = BenchNetworks(hasLimits: false, place: place)
        var sides: [(name: String, network: any BenchNetwork, times: [Double])] = []
        for name in names {
            sides.append((name, try await maker.make(network, rooms: rooms, bot: name), []))
        }
        let clock = RequestClock()
        let model = try await clock.start()
        Self.serving(
            JSONObject(members: sides.map { ($0.name, .object($0.network.connection)) }), model)
        for side in sides { try await side.network.open() }
        for number in 0..<(2 * rooms) {
            // Whoever is new costs more, once; and on IRC what a person adds at once belongs to their question.
            if number == rooms { try await Task.sleep(for: .seconds(3)) }
            // In turn, because the machine has a past, too.
            for step in sides.indices {
                let index = (step + number) % sides.count
                sides[index].times.append(
                    try await self.time(
                        number, room: number % rooms, on: sides[index].network, place, clock, sides[index].name))
            }
        }
        for side in sides {
            let body = String(decoding: clock.lastRequest(of: side.name)?.body ?? [], as: UTF8.self)
            BenchOutput.line([
                "event": "measured", "side": .string(side.name),
                "milliseconds": .array(side.times.dropFirst(rooms).map { .number($0) }),
                "knows": .bool(body.contains(Self.talk[1])),
            ])
        }
        for side in sides { await side.network.stop() }
        await maker.stop()
        await model.stop()
    }

    /// Milliseconds from a question to the model's request; returns when the answer is complete.
    private func time(
        _ number: Int, room: Int, on network: some BenchNetwork, _ place: BenchPlace, _ clock: RequestClock,
        _ name: String
    ) async throws -> Double {
        if place == .room { for text in Self.talk.prefix(3) { try await network.talk(text, in: room) } }
        let before = clock.lastRequest(of: name)?.number ?? 0
        let start = BenchClock.microseconds()
        let question = try await network.ask("How long does question number \(number) take?", in: room)
        // The last words of a room may still be those of the answer before.
        try await network.wait(question, within: .seconds(60)) { words in
            clock.lastRequest(of: name)?.number ?? 0 > before
                && words.contains { $0.text.contains("instant answer.") && !$0.isGrowing }
        }
        guard let request = clock.lastRequest(of: name), request.number == before + 1 else {
            throw BenchFailure("\(name): question \(number) was not one request")
        }
        return Double(request.time - start) / 1_000
    }

    // MARK: What an answer asks of its network

    private func calls() async throws {
        let networks = try self.list("networks")
        let names = try self.list("sides")
        let instant = BenchModelServer.answer("instant")
        let story = BenchModelServer.answer("story", rate: 20, chunks: 200)
        let clock = RequestClock { $0 == 1 ? instant : story }
        let model = try await clock.start()
        let maker = BenchNetworks(hasLimits: true, eventsPerSecond: 4, place: .room, isCounted: true)
        var sides: [(side: String, name: String, network: any BenchNetwork)] = []
        var connections: JSONObject = [:]
        for side in names {
            var own: JSONObject = [:]
            for name in networks {
                let network = try await maker.make(name, rooms: 1, bot: side)
                sides.append((side, name, network))
                own[name] = .object(network.connection)
            }
            connections[side] = .object(own)
        }
        Self.serving(connections, model)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for side in sides {
                group.addTask { BenchOutput.line(try await Self.count(side.side, side.name, side.network)) }
            }
            try await group.waitForAll()
        }
        for side in sides { await side.network.stop() }
        await maker.stop()
        await model.stop()
    }

    /// The calls for one long answer, with the time before and after it in which a network may be told something.
    private static func count(_ side: String, _ name: String, _ network: any BenchNetwork) async throws -> JSONObject {
        try await network.open()
        let first = try await network.ask("Are you there?", in: 0)
        try await network.wait(first, within: .seconds(60)) { words in
            words.contains { $0.text.contains("instant answer.") && !$0.isGrowing }
        }
        try await Task.sleep(for: .seconds(5))
        for _ in 0..<5 { for text in Self.talk { try await network.talk(text, in: 0) } }
        let before = await network.counts
        let question = try await network.ask("Tell me a long story.", in: 0)
        let words = try await network.wait(question, within: .seconds(120)) { words in
            words.last.map { $0.text.contains(BenchStory.ending) && !$0.isGrowing } ?? false
        }
        try await Task.sleep(for: .seconds(3))
        let counts = await network.counts.merging(before) { $0 - $1 }.filter { $0.value > 0 }
        return [
            "event": "measured", "side": .string(side), "network": .string(name),
            "calls": .object(JSONObject(members: counts.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) })),
            "tokens": JSON(BenchStory.count(in: words.map(\.text).joined(separator: "\n"))),
        ]
    }
}

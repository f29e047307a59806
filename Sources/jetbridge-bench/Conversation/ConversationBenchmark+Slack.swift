internal import Glibc
internal import HTTPServer
internal import JSON
internal import TestSupport

extension ConversationBenchmark {
    // MARK: Called into a thread

    /// The bot is invited to a channel in which a thread has gone on for long, and mentioned in it: once by people whose names
    /// it has never heard, and once in another thread of the same people.
    func join() async throws {
        let (threads, messages) = (
            self.arguments.number("threads", default: 20), self.arguments.number("messages", default: 200)
        )
        let (slack, clock) = (try await Self.slack(), RequestClock())
        let model = try await clock.start()
        Self.serving(["ours": .object(Self.connection(to: slack))], model)
        try await slack.wait("a connection") { $0.connectionCount > 0 }
        for thread in -1..<threads {
            // So few that Slack would tell all of their names within its limits.
            let people = (0..<3).map { slack.addUser("Person \($0) of \(thread)") }
            for isKnown in [false, true] {
                let channel = slack.addChannel("thread-\(thread)-\(isKnown)", withBot: false)
                let root = slack.say(Self.talk[0], as: people[0], in: channel)
                for number in 1..<messages {
                    slack.say(
                        "\(number): \(Self.talk[number % Self.talk.count])", as: people[number % people.count],
                        in: channel, thread: root)
                }
                slack.addMember(slack.botUser, to: channel)
                try await slack.wait("the news of the invitation") { $0.outstanding == 0 }
                let before = (counts: slack.counts, number: clock.lastRequest(of: "ours")?.number ?? 0)
                let start = BenchClock.microseconds()
                slack.say("\(slack.mention) what do you say to this?", in: channel, thread: root)
                try await Self.answer(in: channel, root, of: slack)
                guard let request = clock.lastRequest(of: "ours"), request.number == before.number + 1 else {
                    throw BenchFailure("thread \(thread) was not one request")
                }
                let body = String(decoding: request.body, as: UTF8.self)
                guard body.contains("\(messages - 1): "), body.contains("Person 2 of \(thread)") else {
                    throw BenchFailure("the model was not given the thread \(thread)")
                }
                guard thread >= 0 else { continue }
                let counts = slack.counts.merging(before.counts) { $0 - $1 }
                BenchOutput.line([
                    "event": "joined", "known": .bool(isKnown),
                    "milliseconds": .number(Double(request.time - start) / 1_000),
                    "reads": JSON(counts.filter { $0.key.hasPrefix("conversations.") }.values.reduce(0, +)),
                    "names": JSON(counts["users.info"] ?? 0),
                ])
            }
        }
        BenchOutput.line(["event": "ended"])
        await slack.stop()
        await model.stop()
    }

    // MARK: A document

    /// Files are sent directly, each with a question; before it the question without one.
    func documents() async throws {
        let (slack, clock) = (try await Self.slack(), RequestClock())
        let model = try await clock.start()
        // Each has somebody of its own, because what was sent before is part of a conversation.
        let files = ([""] + (try self.list("files"))).map { (path: $0, person: slack.addUser("Sends \($0)")) }
        Self.serving(["ours": .object(Self.connection(to: slack, members: files.map(\.person)))], model)
        try await slack.wait("a connection") { $0.connectionCount > 0 }
        for (path, person) in files {
            let channel = slack.directChannel(with: person)
            let before = clock.lastRequest(of: "ours")?.number ?? 0
            let start = BenchClock.microseconds()
            let question =
                path.isEmpty
                ? slack.say("What is it about?", as: person, in: channel)
                : slack.upload(
                    LoopbackSlack.Upload("report.pdf", try Self.read(path), type: "application/pdf"),
                    text: "What is it about?", as: person, in: channel)
            try await slack.wait("an answer", for: .seconds(60)) { slack in
                slack.shown(in: channel, after: question).contains {
                    $0.content.contains("instant answer.") && !$0.isStreaming
                }
            }
            guard let request = clock.lastRequest(of: "ours"), request.number == before + 1 else {
                throw BenchFailure("the question with '\(path)' was not one request")
            }
            let body = String(decoding: request.body, as: UTF8.self)
            guard path.isEmpty || body.contains("This is page 20 ") else {
                throw BenchFailure("the model was not given the document: \(body.suffix(400))")
            }
            BenchOutput.line([
                "event": path.isEmpty ? "question" : "document",
                "milliseconds": .number(Double(request.time - start) / 1_000),
            ])
        }
        BenchOutput.line(["event": "ended"])
        await slack.stop()
        await model.stop()
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw BenchFailure("cannot open \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    // MARK: The workspace

    private static func slack() async throws -> LoopbackSlack {
        var settings = LoopbackSlack.Settings()
        settings.rateLimits = .off
        return try await LoopbackSlack.started(settings)
    }

    private static func connection(
        to slack: LoopbackSlack, members: [String] = [LoopbackSlack.alice]
    ) -> JSONObject {
        [
            "api_url": .string(slack.apiURL), "bot_token": .string(slack.botToken),
            "app_token": .string(slack.appToken),
            "members": .array(members.map { .string("slack:\(slack.teamID)/\($0)") }),
        ]
    }

    private static func answer(in channel: String, _ root: String, of slack: LoopbackSlack) async throws {
        try await slack.wait("an answer", for: .seconds(60)) { slack in
            slack.shown(in: channel, thread: root).contains {
                $0.content.contains("instant answer.") && !$0.isStreaming
            }
        }
    }
}

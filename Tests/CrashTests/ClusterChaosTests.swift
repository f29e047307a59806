import EventLoop
import Glibc
import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// Three hosts with traffic on all networks, while one after the other is killed, stopped, cut off and drained.
@Suite("Chaos among hosts", .serialized, .timeLimit(.minutes(3)))
struct ClusterChaosTests {
    private enum Fault: CaseIterable {
        case kill, hang, pause, cutOff, drain, drainAndHang
    }

    @Test("every question is answered once, or ends with one note")
    func chaos() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let rooms = [try await CrashNetwork.slack.open(), try await CrashNetwork.telegram.open()]
        let irc = try await ChannelRoom(server)
        var proxies: [FaultProxy] = []
        for _ in 0..<3 { proxies.append(try await FaultProxy.started(before: PostgreSQLServer.shared.port)) }
        let all = rooms + [irc]
        let cluster = try await ClusterHosts.started(
            3,
            answering: .chosen { request in
                guard let question = Question(in: request.question) else { return .answer("Which question?") }
                return .answer(question.answer, rate: question.isLong ? 30 : nil)
            }, more: Self.configuration(of: all),
            ports: Dictionary(uniqueKeysWithValues: proxies.map(\.port).enumerated().map { ($0, $1) }),
            environment: all.reduce(into: [:]) { $0.merge($1.environment) { $1 } })
        for room in all { try await room.waitForBot() }
        let web = [try await WebRoom(cluster), try await WebRoom(cluster)]
        let people = (all + web).enumerated().map { Person(room: $1, first: $0 * 10_000) }

        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in people { group.addTask { try await person.talk() } }
            var random = SeededGenerator(state: 20)
            for fault in Fault.allCases.shuffled(using: &random) {
                let host = Int.random(in: 0..<3, using: &random)
                try await Self.suffer(fault, cluster, host, proxies[host])
                // Until all of them would take over again.
                try await PostgreSQLServer.until {
                    try await cluster.listed().allSatisfy { $0.state == "live" }
                }
                try await EventLoop.shared.sleep(for: .milliseconds(500))
            }
            for person in people { person.finish() }
            try await group.waitForAll()
        }
        for person in people { try await person.check() }
        #expect(try await cluster.listed().allSatisfy { $0.state == "live" })
        try await cluster.finish()
        for room in all { await room.close() }
        await server.stop()
        for proxy in proxies { await proxy.stop() }
    }

    private static func suffer(
        _ fault: Fault, _ cluster: ClusterHosts, _ number: Int, _ proxy: FaultProxy
    ) async throws {
        let host = await cluster.hosts[number]
        let other = (number + 1) % 3
        let longerThanLease = Duration.milliseconds(4_500)
        func drain() async throws -> Process.Result {
            try await cluster.run(other, ["hosts", "drain", "host-\(number)"])
        }
        switch fault {
        case .kill:
            await host.kill()
            // Its name is its own again once the others have noticed.
            try await PostgreSQLServer.until { try await cluster.listed(by: other)[number].state == "gone" }
            try await cluster.start(number)
        case .hang, .pause:
            await host.signal(SIGSTOP)
            try await EventLoop.shared.sleep(for: fault == .hang ? longerThanLease : .seconds(1))
            await host.signal(SIGCONT)
        case .cutOff:
            await proxy.set(.hold)
            try await EventLoop.shared.sleep(for: longerThanLease)
            await proxy.set(.none)
        case .drain:
            let drained = try await drain()
            expectEqual(drained.status, .exited(0), "\(drained.errorText)")
            _ = await host.terminate()
            try await cluster.start(number)
        case .drainAndHang:
            let draining = Task { try await drain() }
            try await EventLoop.shared.sleep(for: .milliseconds(200))
            await host.signal(SIGSTOP)
            try await EventLoop.shared.sleep(for: longerThanLease)
            await host.signal(SIGCONT)
            _ = try await draining.value
            _ = await host.terminate()
            try await cluster.start(number)
        }
    }

    /// One section for each key.
    private static func configuration(of rooms: [any CrashRoom]) -> String {
        var owners: [Substring] = []
        var adapters: [Substring] = []
        for room in rooms {
            let lines = room.configuration.split(separator: "\n")
            for line in lines where line.hasPrefix("access:") {
                owners.append(line.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" })
            }
            adapters += lines.filter { $0.hasPrefix("  ") }
        }
        return "access: {owners: [\(owners.joined(separator: ", "))]}\nadapters:\n\(adapters.joined(separator: "\n"))\n"
    }
}

/// A question with a number of its own, which all parts of its answer have.
private struct Question {
    let number: Int

    var isLong: Bool { self.number % 3 == 0 }
    var text: String { "What is Q\(self.number)?" }
    var parts: [String] { (1...(self.isLong ? 3 : 1)).map { "[Q\(self.number) \($0)]" } }
    var answer: String { self.parts.map { "\($0) and some words about it." }.joined(separator: "\n\n") }

    init(_ number: Int) { self.number = number }

    init?(in text: String) {
        guard let start = text.ranges(of: "What is Q").last?.upperBound,
            let number = Int(text[start...].prefix { $0.isNumber })
        else { return nil }
        self.number = number
    }
}

/// Asks one question after the other, and looks at the end for all answers.
private final class Person: Sendable {
    private let room: any CrashRoom
    private let first: Int
    private let isDone = Protected(false)
    private let asked = Protected<[Question]>([])

    private static let note = "Interrupted"

    init(room: any CrashRoom, first: Int) {
        self.room = room
        self.first = first
    }

    func finish() { self.isDone.withLock { $0 = true } }

    func talk() async throws {
        var number = self.first
        while true {
            let isLast = self.isDone.withLock { $0 }
            number += 1
            let question = Question(number)
            let notes = try await self.notes()
            self.asked.withLock { $0.append(question) }
            try await self.room.ask(question.text)
            // The last one finds a thread that is stuck.
            let deadline = ContinuousClock.now + (isLast ? .seconds(30) : .seconds(8))
            var isAnswered = false
            while !isAnswered, ContinuousClock.now < deadline {
                try await EventLoop.shared.sleep(for: .milliseconds(50))
                let texts = try await self.room.texts()
                isAnswered =
                    texts.contains { $0.contains(question.parts.last ?? "") }
                    || texts.count { $0.contains(Self.note) } > notes && !isLast
            }
            if isLast {
                let texts = try await self.room.texts().suffix(3)
                #expect(isAnswered, "\(self.room): \(question.text) is not answered: \(texts)")
                return
            }
            try await EventLoop.shared.sleep(for: .milliseconds(200))
        }
    }

    private func notes() async throws -> Int { try await self.room.texts().count { $0.contains(Self.note) } }

    /// Nothing is lost, and nothing comes twice without its mark.
    func check() async throws {
        let texts = try await self.room.texts()
        var incomplete = 0
        for question in self.asked.withLock({ $0 }) {
            let counts = question.parts.map { part in
                texts.count { $0.contains(part) && !$0.contains("may be a repeat") }
            }
            let answers = texts.filter { $0.contains("[Q\(question.number) ") }
            #expect(counts.allSatisfy { $0 <= 1 }, "\(question.text) in \(self.room): \(answers)")
            // All parts up to one.
            let seen = question.parts.map { part in texts.contains { $0.contains(part) } }
            expectEqual(seen, seen.sorted { $0 && !$1 }, "\(question.text) in \(self.room): \(seen)")
            if !seen.allSatisfy({ $0 }), seen[0] || !self.room.losesQuestions { incomplete += 1 }
        }
        let notes = texts.count { $0.contains(Self.note) }
        #expect(notes >= incomplete, "\(incomplete) answers in \(self.room) have no end: \(texts)")
    }
}

extension CrashRoom {
    /// IRC repeats nothing: what is said while no host has the connection is not seen.
    fileprivate var losesQuestions: Bool { self is ChannelRoom }
}

/// A channel of a real server.
private struct ChannelRoom: CrashRoom {
    private let server: NgIRCd
    private let alice: IRCPeer

    init(_ server: NgIRCd) async throws {
        self.server = server
        self.alice = try await IRCPeer.connect(to: server, nick: "alice")
        try await self.alice.join("#team")
    }

    let isExact = false
    let environment: [String: String] = [:]
    var configuration: String { HostConfiguration.irc(port: self.server.port) }

    func waitForBot() async throws { try await self.alice.waitForJoin(of: "jetbot") }
    func ask(_ text: String) async throws { try await self.alice.say("jetbot: \(text)", to: "#team") }

    /// Also under the nick that it has while its old connection is still there.
    func texts() async throws -> [String] {
        self.alice.received.compactMap { line in
            guard line.hasPrefix(":jetbot"), let place = line.firstRange(of: " PRIVMSG #team :") else { return nil }
            return String(line[place.upperBound...])
        }
    }

    func close() async { await self.alice.quit() }
}

/// A thread of the web chat, at any gateway that answers.
private struct WebRoom: CrashRoom {
    private let cluster: ClusterHosts
    private let thread: String

    init(_ cluster: ClusterHosts) async throws {
        self.cluster = cluster
        self.thread = try await cluster.client(0).newThread()
    }

    let isExact = true
    let environment: [String: String] = [:]
    let configuration = ""

    func waitForBot() async throws {}

    func ask(_ text: String) async throws {
        let (thread, key) = (self.thread, text)
        _ = try await self.cluster.anywhere { try await $0.send(text, to: thread, key: key) }
    }

    func texts() async throws -> [String] {
        let thread = self.thread
        return try await self.cluster.anywhere { try await $0.transcript(of: thread) }.filter { $0.role != "user" }.map(
            \.text)
    }

    func close() async {}
}

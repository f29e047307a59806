internal import HTTP
internal import JSON
internal import Primitives
internal import TestSupport

/// A real Synapse, which the bot talks to through a proxy that counts.
final class BenchMatrix: BenchNetwork {
    private let synapse: Synapse
    private let bot: MatrixAccount
    private let asker: MatrixPerson
    private let rooms: Int
    private let eventsPerSecond: Double?
    private let place: BenchPlace
    private let proxy: FaultingProxy?
    private let opened = Protected<[String]>([])
    let connection: JSONObject

    /// `synapse` may be shared with another bot; whoever created it stops it.
    init(
        _ synapse: Synapse, rooms: Int, bot: String, eventsPerSecond: Double?, place: BenchPlace, isCounted: Bool
    ) async throws {
        self.synapse = synapse
        self.eventsPerSecond = eventsPerSecond
        self.rooms = rooms
        self.place = place
        self.proxy = isCounted ? try await FaultingProxy.started(before: synapse.url) : nil
        self.bot = try await synapse.newAccount(bot)
        let account = try await synapse.newAccount("asker")
        self.asker = try await synapse.person(account)
        self.connection = [
            "homeserver": .string(await self.proxy?.url.origin ?? synapse.url.origin), "user": .string(self.bot.userID),
            "access_token": .string(self.bot.token), "members": [.string("matrix:\(account.userID)")],
        ]
    }

    func open() async throws {
        let rooms = try await withThrowingTaskGroup(of: String.self) { group in
            var rooms: [String] = []
            for number in 0..<self.rooms {
                if number >= 6, let room = try await group.next() { rooms.append(room) }
                group.addTask {
                    let isDirect = self.place == .direct
                    let room = try await self.asker.createRoom(
                        inviting: [self.bot], isDirect: isDirect, name: isDirect ? nil : "Room")
                    try await self.asker.waitForJoin(of: self.bot.userID, in: room, within: .seconds(120))
                    return room
                }
            }
            return try await group.reduce(into: rooms) { $0.append($1) }
        }
        self.opened.withLock { $0 = rooms }
    }

    func ask(_ text: String, in room: Int) async throws -> BenchQuestion {
        let id = self.opened.withLock { $0[room] }
        let manner = MatrixPerson.Manner(mention: self.place == .room ? self.bot : nil)
        return BenchQuestion(room: room, id: try await self.asker.say(text, in: id, manner))
    }

    func talk(_ text: String, in room: Int) async throws {
        try await self.asker.say(text, in: self.opened.withLock { $0[room] })
    }

    func wait(
        _ question: BenchQuestion, within limit: Duration, until isMet: @escaping @Sendable ([BenchWords]) -> Bool
    ) async throws -> [BenchWords] {
        let room = self.opened.withLock { $0[question.room] }
        return self.words(
            question, try await self.asker.wait(in: room, within: limit) { isMet(self.words(question, $0)) })
    }

    func words(after question: BenchQuestion) async -> [BenchWords] {
        let room = self.opened.withLock { $0[question.room] }
        return self.words(question, await self.asker.messages(in: room))
    }

    private func words(_ question: BenchQuestion, _ messages: [MatrixMessage]) -> [BenchWords] {
        // The answer may arrive before the question's echo.
        let place = messages.lastIndex { $0.id == question.id }
        let answers = place.map { messages[$0...] } ?? messages.suffix(1)
        return answers.filter { $0.sender == self.bot.userID }.map { BenchWords(text: $0.body, isGrowing: false) }
    }

    /// Ten events at once, then the configured rate.
    func leastSeconds(for answers: Int) -> Double {
        self.eventsPerSecond.map { max(0, Double(answers - 10) / $0) } ?? 0
    }

    var calls: [String: Int] {
        get async {
            let rooms = self.opened.withLock { $0 }
            var counts: [String: Int] = [:]
            for room in rooms {
                for event in await self.asker.events(in: room) where event["sender"]?.stringValue == self.bot.userID {
                    guard event["type"] == "m.room.message" else { continue }
                    let isEdit = event["content"]?["m.relates_to"]?["rel_type"] == "m.replace"
                    counts[isEdit ? "m.replace" : "m.room.message", default: 0] += 1
                }
            }
            return counts
        }
    }

    var counts: [String: Int] {
        get async {
            var counts: [String: Int] = [:]
            for request in await self.proxy?.requests ?? [] where !request.target.contains("/sync") {
                let path = request.target.prefix { $0 != "?" }.split(separator: "/")
                // Without versions and ids.
                let words = path.dropFirst(3).filter { $0.allSatisfy { $0.isLetter || $0 == "." || $0 == "_" } }
                counts["\(request.method) \(words.joined(separator: "/"))", default: 0] += 1
            }
            return counts
        }
    }

    /// Synapse does not report refusals; the host's metric does.
    var refusals: Int { 0 }

    func stop() async {
        await self.asker.leave()
        await self.proxy?.stop()
    }
}

internal import HTTP
internal import JSON
internal import TestSupport

/// The server's side of a comparison: one bot on a real Synapse, asked alternately in an encrypted room and in a plain one.
///
/// The first line on stdout is the bot's configuration; its reader starts the bot. Times are Synapse's own, from the
/// question to the first event of the answer, because the person's client is slower in encrypted rooms too.
struct EncryptedRooms: Sendable {
    private let rooms: Int
    private let turns: Int

    init(_ arguments: BenchArguments) {
        self.rooms = arguments.number("rooms", default: 20)
        self.turns = arguments.number("turns", default: 10)
    }

    func run() async throws {
        let synapse = try await Synapse(limits: .off)
        let proxy = try await MatrixEncryptingProxy.shared(before: synapse)
        let (bot, account) = (try await synapse.newAccount("bot"), try await synapse.newAccount("asker"))
        let asker = try await synapse.person(account, by: proxy)
        // Without keys, it sees what the server sees.
        let watcher = try await synapse.person(try await synapse.newDevice(of: account))
        BenchOutput.line([
            "event": "serving",
            "matrix": [
                "homeserver": .string(synapse.url.origin), "user": .string(bot.userID),
                "access_token": .string(bot.token), "members": [.string("matrix:\(account.userID)")],
            ],
        ])
        var times: (first: [Double], sealed: [Double], firstPlain: [Double], plain: [Double]) = ([], [], [], [])
        for _ in 0..<self.rooms {
            let sealed = try await asker.createRoom(inviting: [bot], isDirect: true)
            let plain = try await watcher.createRoom(inviting: [bot], isDirect: true)
            for room in [sealed, plain] {
                try await watcher.waitForJoin(of: bot.userID, in: room, within: .seconds(60))
            }
            for turn in 0..<self.turns {
                let text = "How long does question number \(turn) take?"
                let open = try await Self.time(try await watcher.say(text, in: plain), in: plain, of: bot, watcher)
                let closed = try await Self.time(try await asker.say(text, in: sealed), in: sealed, of: bot, watcher)
                if turn == 0 {
                    times.first.append(closed)
                    times.firstPlain.append(open)
                } else {
                    times.sealed.append(closed)
                    times.plain.append(open)
                }
            }
        }
        BenchOutput.line([
            "event": "measured", "first": Self.list(times.first), "first_plain": Self.list(times.firstPlain),
            "sealed": Self.list(times.sealed), "plain": Self.list(times.plain),
        ])
        await asker.leave()
        await watcher.leave()
        await synapse.remove()
    }

    private static func list(_ values: [Double]) -> JSON { .array(values.map { .number($0) }) }

    /// Milliseconds from the question to the bot's first event after it.
    private static func time(
        _ question: String, in room: String, of bot: MatrixAccount, _ watcher: MatrixPerson
    ) async throws -> Double {
        let times = try await watcher.wait(for: "an answer", within: .seconds(60)) { person -> (Int, Int)? in
            let events = person.events(in: room)
            guard let place = events.firstIndex(where: { $0["event_id"]?.stringValue == question }),
                let answer = events[place...].first(where: {
                    $0["sender"]?.stringValue == bot.userID
                        && ["m.room.message", "m.room.encrypted"].contains($0["type"]?.stringValue)
                })
            else { return nil }
            return (
                events[place]["origin_server_ts"]?.intValue ?? 0, answer["origin_server_ts"]?.intValue ?? 0
            )
        }
        return Double(times.1 - times.0)
    }
}

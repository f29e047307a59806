import HTTP
import JSON
import Primitives
import TestSupport

/// Rooms on a real Synapse, which the host reaches through a faulting proxy. Even-numbered conversations are direct
/// chats, the others threads in rooms with more people.
final class ServedMatrix: ServedNetwork {
    private struct Place {
        let room: String
        var thread: String?
    }

    private let synapse: Synapse
    private let proxy: FaultingProxy
    private let bot: MatrixAccount
    private let ada: MatrixPerson
    private let others: MatrixAccount
    private let conversations: Int
    private let places = Protected<[Place]>([])
    let name = "matrix"
    let entry: String
    let owners: [String]
    let environment: [String: String]

    init(conversations: Int) async throws {
        self.synapse = try await Synapse.shared()
        self.proxy = try await FaultingProxy.started(before: self.synapse.url)
        self.bot = try await self.synapse.newAccount("jetbot")
        let ada = try await self.synapse.newAccount("ada")
        self.ada = try await self.synapse.person(ada)
        self.others = try await self.synapse.newAccount("bob")
        self.conversations = conversations
        self.entry = """
              matrix:
                - {id: home, homeserver: "\(await self.proxy.url.origin)", user: "\(self.bot.userID)", access_token: {env: MATRIX_TOKEN}}
            """
        self.owners = ["matrix:\(ada.userID)"]
        self.environment = ["MATRIX_TOKEN": self.bot.token]
    }

    func meet(_ host: HostProcess) async throws {
        let bob = try await self.synapse.person(self.others)
        for number in 0..<self.conversations {
            let isDirect = number.isMultiple(of: 2)
            let room = try await self.ada.createRoom(
                inviting: isDirect ? [self.bot] : [self.bot, self.others], isDirect: isDirect)
            try await self.ada.waitForJoin(of: self.bot.userID, in: room, within: .seconds(60))
            // With two people in it, a room would count as a direct chat.
            if !isDirect { try await bob.join(room) }
            self.places.withLock { $0.append(Place(room: room)) }
        }
        await bob.leave()
    }

    func say(_ text: String, in conversation: Int) async throws {
        let place = self.places.withLock { $0[conversation] }
        if conversation.isMultiple(of: 2) || place.thread != nil {
            try await self.ada.say(text, in: place.room, .init(thread: place.thread))
        } else {
            // A thread, which begins at any message, and which the bot is part of when it was mentioned there.
            let root = try await self.ada.say("A test fails.", in: place.room)
            try await self.ada.say(
                text, in: place.room, .init(thread: root, mention: text.hasPrefix("!") ? nil : self.bot))
            self.places.withLock { $0[conversation].thread = root }
        }
    }

    func words(in conversation: Int) async throws -> [String] {
        let place = self.places.withLock { $0[conversation] }
        return await self.ada.messages(in: place.room).filter { $0.sender == self.bot.userID }.map(\.body)
    }

    /// The formatted texts of the bot in a conversation.
    func markup(in conversation: Int) async -> [String] {
        let place = self.places.withLock { $0[conversation] }
        return await self.ada.messages(in: place.room).filter { $0.sender == self.bot.userID }.compactMap(\.html)
    }

    func disturb(_ number: Int) async {
        switch number % 6 {
        case 0: await self.proxy.cutAll()
        case 1: await self.proxy.inject(.loseAnswer, for: HTTPFaultRule(.put, infix: "/send/m.room.message/"))
        case 2:
            await self.proxy.inject(
                .answer(
                    HTTPStatus(429), headers: ["Retry-After": "1"],
                    body: ["errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 700]),
                for: HTTPFaultRule(.put, infix: "/send/m.room.message/"))
        case 3: await self.proxy.inject(.answer(HTTPStatus(502)), for: HTTPFaultRule(infix: "/sync"))
        case 4: await self.proxy.inject(.loseAnswer, for: HTTPFaultRule(infix: "/sync"))
        default: await self.proxy.inject(.cut, for: HTTPFaultRule(.put, infix: "/send/m.room.message/"))
        }
    }

    func room(_ conversation: Int) async throws -> [RoomMessage] {
        let place = self.places.withLock { $0[conversation] }
        return await self.ada.messages(in: place.room).map { message in
            RoomMessage(
                author: String(message.sender.dropFirst().prefix { $0 != ":" }),
                isFromBot: message.sender == self.bot.userID, text: message.body, markup: message.html ?? "",
                reactions: message.reactions.filter { $0.sender != self.bot.userID }.map(\.key).sorted(),
                offers: message.reactions.filter { $0.sender == self.bot.userID }.map(\.key).sorted())
        }
    }

    func decide(_ ask: String, _ decision: AskDecision, in conversation: Int) async throws {
        let place = self.places.withLock { $0[conversation] }
        let message = await self.ada.messages(in: place.room).last { $0.body.contains("`\(ask)`") }
        switch decision {
        case .approve where message != nil, .approveAll where message != nil:
            try await self.ada.react("✅", to: message?.id ?? "", in: place.room)
        case .approve, .approveAll, .always, .deny:
            try await self.ada.say("!\(decision.command(for: ask))", in: place.room, .init(thread: place.thread))
        case .option(let letter): try await self.ada.say(letter, in: place.room, .init(thread: place.thread))
        }
    }

    func stop() async {
        await self.ada.leave()
        await self.proxy.stop()
    }
}

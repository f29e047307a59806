import JSON
import Primitives
import TestSupport
import Testing

@testable import Matrix

/// A bot that is killed at each of its requests, before the server got it and after, and starts again from its files.
@Suite("Matrix: encryption under kill -9")
struct EncryptionCrashTests {
    /// What the bot does; each step is repeated after a kill, as the core's outbox and the next sync do.
    private enum Step: CaseIterable {
        case open, hear, answer, answerAgain, newcomer, answerAll, leaver, answerFew
    }

    private final class World {
        let server = KeyServer()
        let room = "!r:s"
        var people: [KeyDevice] = []
        var question: MatrixEvent?
        var answers: [String: MatrixEvent] = [:]
        var heard: [String: String] = [:]
        /// Who has to read which answer.
        let readers: [String: [Int]] = ["t1": [0], "t2": [0], "t3": [0, 1], "t4": [1]]
    }

    @Test("at any request, nothing is lost, and no index is used twice", arguments: [false, true])
    func kills(afterwards: Bool) async throws {
        // The number of requests of a run without a kill, found by the first one.
        var kill = 1
        while try await self.run(killedAt: kill, afterwards: afterwards) { kill += 1 }
        #expect(kill > 12)
    }

    /// Runs all steps; returns whether the bot was killed.
    private func run(killedAt kill: Int, afterwards: Bool) async throws -> Bool {
        let world = World()
        world.server.join("@a:s", world.room)
        world.server.join("@bot:s", world.room)
        world.people = [try await KeyDevice("@a:s", "A", on: world.server)]
        try await world.people[0].open()
        let countdown = Protected(kill)
        var bot = try await KeyDevice("@bot:s", "B", on: world.server, dying: countdown, afterwards: afterwards)
        var wasKilled = false
        for step in Step.allCases {
            do {
                try await self.perform(step, bot, world)
            } catch is KeyDeviceKilled {
                wasKilled = true
                bot = try await KeyDevice("@bot:s", "B", on: world.server, keys: try await bot.kill())
                try await self.perform(.open, bot, world)
                try await self.perform(step, bot, world)
            }
        }
        try await self.check(world, "killed at \(kill)")
        return wasKilled
    }

    private func perform(_ step: Step, _ bot: KeyDevice, _ world: World) async throws {
        switch step {
        case .open: try await expectEqual(bot.open(), .ready)
        case .hear:
            if world.question == nil {
                try await world.people[0].sync()
                world.question = try await world.people[0].say("question", in: world.room, id: "$q")
            }
            guard let question = world.question else { return }
            let rooms: JSON = [world.room: ["timeline": ["events": [question.json]]]]
            // The server repeats what was not acknowledged.
            let sync = world.server.sync("@bot:s", "B", rooms: rooms, acknowledges: false)
            let opened = try await bot.encryption.receive(sync, since: "s")
            try await bot.encryption.finishSync(opened)
            let late = opened.late.values.flatMap { $0 }.map { ($0.id, $0) }
            for (id, event) in Array(opened.events) + late { world.heard[id] = event.content["body"]?.stringValue }
            _ = world.server.sync("@bot:s", "B")
        case .answer: try await self.say("t1", bot, world)
        case .answerAgain: try await self.say("t2", bot, world)
        case .newcomer:
            if world.people.count == 1 {
                world.server.join("@n:s", world.room)
                world.people.append(try await KeyDevice("@n:s", "N", on: world.server))
                try await world.people[1].open()
            }
            try await self.membership("@n:s", "join", bot, world)
        case .answerAll: try await self.say("t3", bot, world)
        case .leaver:
            world.server.leave("@a:s", world.room)
            try await self.membership("@a:s", "leave", bot, world)
        case .answerFew: try await self.say("t4", bot, world)
        }
    }

    private func membership(_ user: String, _ value: String, _ bot: KeyDevice, _ world: World) async throws {
        let event: JSON = [
            "type": "m.room.member", "sender": .string(user), "state_key": .string(user),
            "event_id": .string("$\(user)\(value)"), "content": ["membership": .string(value)],
        ]
        let rooms: JSON = [world.room: ["timeline": ["events": [event]]]]
        let opened = try await bot.encryption.receive(
            world.server.sync("@bot:s", "B", rooms: rooms, acknowledges: false), since: "s")
        try await bot.encryption.finishSync(opened)
        _ = world.server.sync("@bot:s", "B")
    }

    private func say(_ transaction: String, _ bot: KeyDevice, _ world: World) async throws {
        let event = try await bot.say(
            "answer \(transaction)", in: world.room, id: "$\(transaction)", transaction: transaction)
        // The server takes a transaction once.
        if world.answers[transaction] == nil { world.answers[transaction] = event }
        await bot.encryption.forget(transaction: transaction)
    }

    private func check(_ world: World, _ label: Comment) async throws {
        #expect(world.heard == ["$q": "question"], label)
        #expect(world.answers.count == 4, label)
        #expect(Set(world.answers.values.map { $0.content["ciphertext"]?.stringValue ?? "" }).count == 4, label)
        for (index, person) in world.people.enumerated() {
            let texts = try await person.sync(Array(world.answers.values))
            for (transaction, readers) in world.readers {
                let text = texts["$\(transaction)"]
                #expect(text == (readers.contains(index) ? "answer \(transaction)" : nil), label)
            }
        }
    }
}

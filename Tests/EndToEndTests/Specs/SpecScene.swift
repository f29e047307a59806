import EventLoop
import HTTP
import JSON
import Primitives
import TestSupport
import Testing

/// A host with the rehearsal model on IRC, on Telegram and in the web chat, each with a repository of its own.
struct SpecScene {
    /// The conversation that is used on each network: a channel, a group, a thread.
    static let conversation = 1
    static let idea = "a shop where people order bread and pay later"

    let host: HostProcess
    let networks: [any ServedNetwork]
    let web: ServedWeb
    private let directory: TemporaryDirectory

    static func start() async throws -> SpecScene {
        let directory = try TemporaryDirectory()
        let web = ServedWeb(conversations: 2)
        let networks: [any ServedNetwork] = [
            try await ServedIRC(conversations: 2), try await ServedTelegram(conversations: 2), web,
        ]
        var repositories: [String] = []
        for network in networks {
            let path = "\(directory.path)/\(network.name)-shop"
            try RealGit("/").shell("mkdir -p \(path)")
            try TestFile.write("# Shop\n", to: path + "/README.md")
            try RealGit(path)("init -q && git add -A && git commit -qm Start")
            repositories.append("{name: \(network.name)-shop, path: \"\(path)\"}")
        }
        let owners = networks.flatMap(\.owners).map { "\"\($0)\"" }.joined(separator: ", ")
        let entries = networks.map(\.entry).filter { !$0.isEmpty }.joined(separator: "\n")
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                repositories: [\(repositories.joined(separator: ", "))]
                approvals: {commands: allow}
                access: {owners: [\(owners)]}
                adapters:
                \(entries)

                """, directory: directory)
        let scene = SpecScene(host: host, networks: networks, web: web, directory: directory)
        try await host.start(
            environment: networks.reduce(into: [:]) { all, network in all.merge(network.environment) { $1 } })
        for network in networks { try await network.meet(host) }
        return scene
    }

    func repository(of network: any ServedNetwork) -> RealGit {
        RealGit("\(self.directory.path)/\(network.name)-shop")
    }

    func stop() async -> String {
        let status = await self.host.terminate()
        for network in self.networks { await network.stop() }
        return status.map { "\($0)" } ?? "none"
    }

    // MARK: People

    func command(_ text: String, on network: any ServedNetwork) async throws {
        try await network.say("\(network.sign)\(text)", in: Self.conversation)
    }

    func say(_ text: String, on network: any ServedNetwork) async throws {
        try await network.say(text, in: Self.conversation)
    }

    @discardableResult
    func wait(
        on network: any ServedNetwork, for what: String, within limit: Duration = .seconds(90),
        until isMet: @Sendable ([RoomMessage]) -> Bool
    ) async throws -> [RoomMessage] {
        let deadline = ContinuousClock.now + limit
        while true {
            let room = try await network.room(Self.conversation)
            if isMet(room) { return room }
            guard ContinuousClock.now < deadline else {
                let words = room.map { "\($0.author): \($0.plain)" }.joined(separator: "\n")
                throw NetworkFailure("\(network.name): no \(what) in time:\n\(words.suffix(6_000))")
            }
            try await network.change()
        }
    }

    /// Waits until the bot has said something.
    @discardableResult
    func wait(on network: any ServedNetwork, forWords words: String) async throws -> [RoomMessage] {
        try await self.wait(on: network, for: "“\(words)”") { room in
            // The web shows Markdown.
            room.contains { $0.isFromBot && $0.plain.replacing("`", with: "").contains(words) }
        }
    }

    /// Waits until the room shows this many commits, and returns their links in order.
    @discardableResult
    func wait(on network: any ServedNetwork, forCommits count: Int) async throws -> [String] {
        let room = try await self.wait(on: network, for: "commit \(count)") { Self.links(in: $0).count >= count }
        return Self.links(in: room)
    }

    /// The links to commits in the order of the room, repeated ones too.
    static func links(in room: [RoomMessage]) -> [String] {
        room.filter(\.isFromBot).flatMap { message in
            message.plain.matches(of: /http\S+\/r\/[\w-]+\/commit\/[0-9a-f]{40}/).map { String($0.0) }
        }
    }
}

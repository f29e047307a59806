import HTTP
import Primitives
import TestSupport
import Testing

/// A host on all networks, each with a repository of its own in which a test fails.
struct RepairScene {
    /// The conversation that is used on each network: a thread or a room with other people.
    static let conversation = 1

    let all: AllNetworks
    private let directory: TemporaryDirectory
    private let answered = Protected<Set<String>>([])

    static let program = """
        # Prints the sum of two numbers.
        sum() {
            echo $(($1 - $2))
        }

        """

    private static let test = """
        . ./sum.sh
        result=$(sum 2 3)
        if [ "$result" = 5 ]; then
            echo "ok: 2 + 3 = 5"
        else
            echo "not ok: 2 + 3 = 5, but sum says $result" >&2
            exit 1
        fi

        """

    /// Starts it with `model`, the value of that setting, and further settings.
    ///
    /// - Parameter copilotCache: Where the Copilot CLI has unpacked itself.
    static func start(
        model: String, _ more: String = "", copilotCache: String? = nil
    ) async throws -> RepairScene {
        let directory = try TemporaryDirectory()
        var repositories: [String] = []
        for network in ["irc", "matrix", "slack", "telegram", "web"] {
            let path = "\(directory.path)/\(network)-project"
            try RealGit("/").shell("mkdir -p \(path)")
            try TestFile.write(Self.program, to: path + "/sum.sh")
            try TestFile.write(Self.test, to: path + "/test.sh")
            try TestFile.write("test:\n\t@sh test.sh\n", to: path + "/Makefile")
            try RealGit(path)("init -q && git add -A && git commit -qm Start")
            repositories.append("{name: \(network)-project, path: \"\(path)\"}")
        }
        let configuration = """
            gateway: {listen: "127.0.0.1:0"}
            model: \(model)
            repositories: [\(repositories.joined(separator: ", "))]
            \(more)
            """
        let scene = RepairScene(
            all: try await AllNetworks(conversations: 2, configuration: configuration, directory: directory),
            directory: directory)
        if let copilotCache {
            try RealGit(scene.all.host.directory.path).shell(
                "mkdir -p data/copilot-cli && ln -s '\(copilotCache)' data/copilot-cli/cache")
        }
        try await scene.all.start()
        return scene
    }

    func repository(of network: any ServedNetwork) -> RealGit {
        RealGit("\(self.directory.path)/\(network.name)-project")
    }

    private init(all: AllNetworks, directory: TemporaryDirectory) {
        self.all = all
        self.directory = directory
    }

    // MARK: People

    /// Chooses the network's repository in the conversation and asks for the repair.
    func begin(on network: any ServedNetwork) async throws {
        try await network.say("\(network.sign)repo \(network.name)-project", in: Self.conversation)
        try await self.wait(on: network, for: "the repository") { $0.last?.isFromBot == true }
        try await network.say("fix the failing test", in: Self.conversation)
    }

    /// Waits for an ask that was not answered yet, and answers it. Returns its messages as they were then.
    @discardableResult
    func decide(_ decision: AskDecision, on network: any ServedNetwork) async throws -> [RoomMessage] {
        let room = try await self.wait(on: network, for: "an ask") { room in
            guard self.openAsk(in: room) != nil, let ask = room.last(where: \.isFromBot) else { return false }
            // The bot adds the reactions that answer an approval after it has posted it.
            let areOffersThere = !network.offersReactions || ask.offers.count == 2 || ask.plain.hasPrefix("Question")
            return ask.plain.contains("answers me") && areOffersThere
        }
        guard let (id, place) = self.openAsk(in: room) else { throw NetworkFailure("\(network.name): no ask") }
        self.answered.withLock { _ = $0.insert(id) }
        try await network.decide(id, decision, in: Self.conversation)
        // Whether a question's reactions were there already is a matter of moments.
        return room[place...].map { message in
            var message = message
            if message.plain.hasPrefix("Question") { message.offers = [] }
            return message
        }
    }

    private func openAsk(in room: [RoomMessage]) -> (id: String, place: Int)? {
        let asks = room.enumerated().compactMap { place, message in
            message.plain.firstMatch(of: /^(?:\w+: )?(?:Approval|Question) `?(a\d+)`?:/).map { (String($0.1), place) }
        }
        // The newest: an older one is closed, whatever it looks like.
        guard let last = asks.last, !self.answered.withLock({ $0.contains(last.0) }) else { return nil }
        return last
    }

    @discardableResult
    func wait(
        on network: any ServedNetwork, in conversation: Int = Self.conversation, for what: String,
        within limit: Duration = .seconds(60), until isMet: @Sendable ([RoomMessage]) -> Bool
    ) async throws -> [RoomMessage] {
        let deadline = ContinuousClock.now + limit
        while true {
            let room = try await network.room(conversation)
            if isMet(room) { return room }
            guard ContinuousClock.now < deadline else {
                let words = room.map { "\($0.author): \($0.plain)" }.joined(separator: "\n")
                throw NetworkFailure("\(network.name): no \(what) in time:\n\(words)")
            }
            try await network.change()
        }
    }

    /// Waits until the repair is over, and returns everything in the room.
    func end(on network: any ServedNetwork) async throws -> [RoomMessage] {
        try await self.wait(on: network, for: "the end") { room in
            let words = room.filter(\.isFromBot).map(\.plain).joined(separator: "\n")
            guard let answer = words.firstRange(of: "passes now") else { return false }
            return words[answer.upperBound...].contains("$1 + $2") && words.contains(/\d steps?,\s/)
                && words.contains("file changed")
                && room.allSatisfy { !$0.isGrowing && $0.offers.isEmpty && $0.buttons.isEmpty }
        }
    }

    /// Checks the commit with the real `git`, and the page that the link in the room opens. Returns the commit's hash.
    @discardableResult
    func checkCommit(_ message: String, of network: any ServedNetwork, in room: [RoomMessage]) async throws -> String {
        let lines = room.filter { $0.plain.contains("file changed") }
        expectEqual(lines.count, 1, "\(network.name): \(lines)")
        let match = try #require(lines.first?.plain.firstMatch(of: /(http\S+\/r\/([\w-]+)\/commit\/([0-9a-f]{40}))/))
        let (link, hash) = (String(match.1), String(match.3))
        expectEqual(match.2, "\(network.name)-project")
        let git = self.repository(of: network)
        #expect(try git("fsck --strict --no-dangling").isEmpty)
        #expect(try git("log -1 --format=%B \(hash)").hasPrefix("\(message)\n\nJetbridge-Turn: "))
        try expectEqual(git("log --format=%s main"), "Start")
        try expectEqual(git("rev-parse \(hash)^"), git("rev-parse main"))
        #expect(try git("diff --stat=200 main \(hash)").hasPrefix(" sum.sh | 2 +-\n"))
        #expect(try git("show \(hash):sum.sh").contains("$(($1 + $2))"))
        let reader = try #require(self.all.web.client)
        let page = try await reader.page(link)
        #expect(page.status == 200 && page.text.contains("sum.sh") && page.text.contains("$1 + $2"))
        let stranger = GatewayClient(strangerAt: self.all.host.address ?? "")
        #expect(try await stranger.page(link).status != 200)
        return hash
    }
}

internal import Database
internal import Extensions
internal import Glibc
internal import HTTPClient
internal import JSON
internal import Jail
internal import Logging
internal import Models
internal import Primitives
internal import Store

/// Servers of tools in jails, as a host starts them: the time of a call, servers that wait, and a long list.
struct ExtensionsBenchmark {
    private let part: String
    private let folder: String
    private let command: [String]
    private let count: Int

    /// - Parameter arguments: `part` is `calls`, `idle`, `list` or `tokens`. `folder` is made if it is missing; if this
    ///   process is root, every user must be able to enter it. `command` is the server's, its words between commas.
    init(_ arguments: BenchArguments) throws {
        self.part = try arguments.text("part")
        self.folder = arguments.text("folder", default: "")
        self.command = arguments.text("command", default: "").split(separator: ",").map { String($0) }
        self.count = arguments.number("count", default: 500)
    }

    func run() async throws {
        switch self.part {
        case "calls": try await self.printCall()
        case "idle": try await self.idle()
        case "list": try await self.measureList()
        case "tokens": Self.printTokens()
        default: throw BenchFailure("unknown part '\(self.part)'")
        }
    }

    // MARK: Parts

    /// Prints the median of the calls of one server. On the pool, where the turns of a host are.
    @concurrent private func printCall() async throws {
        let server = await self.servers(1)[0]
        _ = try await server.offer()
        var times: [Double] = []
        for number in 0..<self.count + 50 {
            let started = ContinuousClock.now
            let result = try await server.call(
                "add", ["a": .number(Double(number)), "b": 1], for: ExtensionCaller(session: "bench"))
            let time = (ContinuousClock.now - started) / .milliseconds(1)
            guard result.parts == [.text("\(number + 1)")] else { throw BenchFailure("\(result)") }
            if number >= 50 { times.append(time) }
        }
        await server.stop()
        BenchOutput.line(["milliseconds": .number(BenchRounds.median(times))])
    }

    /// Starts `count` servers, says so, and waits until it is killed, which ends them.
    private func idle() async throws {
        let servers = await self.servers(self.count)
        // Two at a time, as at the start of a host.
        for start in stride(from: 0, to: servers.count, by: 2) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for server in servers[start..<min(start + 2, servers.count)] {
                    group.addTask { _ = try await server.offer() }
                }
                try await group.waitForAll()
            }
        }
        BenchOutput.line(["servers": .number(Double(servers.count))])
        try await Task.sleep(for: .seconds(3_600))
        // They live as long as they are referred to.
        for server in servers { await server.stop() }
    }

    /// What the host does with the list of a running server: read it, compare it with the approved one, store what is new.
    @concurrent private func measureList() async throws {
        let server = await self.servers(1)[0]
        let database = try Database(path: "\(self.folder)/list.sqlite", migrations: StoreSchema.migrations)
        let desk = ExtensionDesk(
            [server.settings], store: SessionStore(database: database), now: BenchClock.now,
            logger: Logger(label: "bench")
        ) { _ in server }
        var tools = 0
        let first = try await BenchClock.milliseconds {
            tools = try await desk.check(server.settings.name).offer.tools.count
        }
        guard tools == 500 else { throw BenchFailure("\(tools) tools instead of 500") }
        var times: [Double] = []
        for _ in 0..<self.count {
            times.append(try await BenchClock.milliseconds { try await desk.check(server.settings.name) })
        }
        await server.stop()
        await database.close()
        BenchOutput.tell("with the start of its program: \(BenchOutput.rounded(first)) ms")
        guard BenchRounds.areQuiet(("a list of 500 tools", times)) else { return }
        BenchOutput.result(
            "extensions", "a list of 500 tools read and checked, p50", ours: BenchRounds.median(times), peer: 100,
            peerName: "the goal", unit: "ms")
    }

    /// Prints the estimate of each line of standard input, which are JSON texts.
    private static func printTokens() {
        while let line = readLine() {
            guard case .string(let text)? = try? JSON.parse(line) else { continue }
            BenchOutput.line(["tokens": .number(Double(TokenEstimator.tokens(in: text)))])
        }
    }

    // MARK: Servers

    private func servers(_ count: Int) async -> [ExtensionServer] {
        mkdir(self.folder, 0o711)
        let means = await JailMeans.probe(in: self.folder, programs: "\(self.folder)/jail")
        return (0..<count).map { number in
            ExtensionServer(
                settings: ExtensionSettings(
                    name: "bench\(number)",
                    way: .program(self.command, variables: ["TOKEN": Secret("the-token-of-the-bench")])),
                jails: { means }, http: HTTPClient(), logger: Logger(label: "bench"))
        }
    }
}

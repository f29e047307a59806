internal import Crypto
internal import EventLoop
internal import Glibc
package import HTTP
internal import HTTPClient
package import JSON
internal import Primitives
internal import Processes

/// A real Synapse on loopback: SQLite, no federation, with the users alice, bob, jetbot and the administrator root.
///
/// It takes some seconds to start, so a test run shares one through ``shared(_:)``, on which each test creates its own
/// rooms, and its own accounts with ``newAccount(_:)``.
package final class Synapse: Sendable {
    /// How much an account may do over time.
    package enum Limits: Sendable, Hashable {
        case off
        /// Synapse's default limits for messages (0.2/s, burst 10, including edits and reactions), joins and uploads.
        /// Creating accounts and rooms, signing in and inviting stay unlimited, since all tests come from one address.
        case synapseDefaults
        /// Messages at this rate, including edits and reactions; everything else is unlimited.
        case messages(perSecond: Double, burst: Int)
    }

    /// The maximum size of an upload in bytes.
    package static let uploadLimit = 2 << 20

    /// `http://127.0.0.1:PORT`
    package let url: HTTPURL
    /// The part of its user ids after the colon.
    package let serverName = SynapseConfiguration.serverName
    private let directory: TemporaryDirectory
    private let process: SynapseProcess
    private let client: HTTPClient
    private let state = Protected(State())

    private struct State {
        var accounts: [String: MatrixAccount] = [:]
        var lastAccount = 0
    }

    // MARK: Life

    /// Starts one for a single test. Throws ``MatrixTestFailure`` with its output if it does not start.
    package init(limits: Limits = .off) async throws {
        let python = Self.root + "/.cache/venv-chat/bin/python"
        guard access(python, X_OK) == 0 else {
            throw MatrixTestFailure("\(python), with Synapse installed, is missing; run scripts/setup test")
        }
        let port = try FreePorts.take()
        self.directory = try TemporaryDirectory()
        let configuration = SynapseConfiguration(directory: self.directory.path, port: port, limits: limits)
        try configuration.write()
        self.url = try HTTPURL("http://127.0.0.1:\(port)")
        self.process = SynapseProcess(python, configuration: configuration)
        var settings = HTTPClientSettings()
        settings.userAgent = "jetbridge-test"
        self.client = HTTPClient(settings)
        try await self.start()
        for name in ["root", "alice", "bob", "jetbot"] {
            try await self.register(name, isAdministrator: name == "root")
        }
    }

    /// The instance with these limits that the whole test run shares; it ends with the process.
    package static func shared(_ limits: Limits = .off) async throws -> Synapse {
        try await SharedSynapses.one(limits)
    }

    /// Starts it again on the same port and data after ``stop()`` or ``kill()``.
    package func start() async throws {
        try await self.process.start()
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            if (try? await self.api(nil).bytes(.get, ["health"])) != nil { return }
            guard await self.process.isRunning, ContinuousClock.now < deadline else {
                await self.process.end(SIGKILL)
                throw MatrixTestFailure("Synapse did not start:\n\(await self.process.log)")
            }
            try await EventLoop.shared.sleep(for: .milliseconds(20))
        }
    }

    /// Shuts it down cleanly; its data stays.
    package func stop() async { await self.process.end(SIGTERM) }

    /// Kills it with SIGKILL; its data stays.
    package func kill() async { await self.process.end(SIGKILL) }

    /// Stops it and removes its files.
    package func remove() async { await self.process.remove() }

    /// The end of its output.
    package var log: String { get async { await self.process.log } }

    private static let root: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/")
    }()

    // MARK: Accounts

    /// One of alice, bob, jetbot and root, or an account created with ``register(_:isAdministrator:)``.
    package func account(_ name: String) throws -> MatrixAccount {
        guard let account = self.state.withLock({ $0.accounts[name] }) else {
            throw MatrixTestFailure("no account \(name) was created")
        }
        return account
    }

    /// Creates an account that no other test uses; its name begins with `name`.
    package func newAccount(_ name: String) async throws -> MatrixAccount {
        let number = self.state.withLock { state in
            state.lastAccount += 1
            return state.lastAccount
        }
        return try await self.register("\(name)-\(number)")
    }

    @discardableResult
    package func register(_ name: String, isAdministrator: Bool = false) async throws -> MatrixAccount {
        let api = self.api(nil)
        let path = ["_synapse", "admin", "v1", "register"]
        let nonce = try await api.call(.get, path)["nonce"]?.stringValue ?? ""
        let password = "pw-\(name)"
        let signed = [nonce, name, password, isAdministrator ? "admin" : "notadmin"].joined(separator: "\0")
        let code = hmacSHA1(Array(signed.utf8), key: Array(SynapseConfiguration.secret.utf8))
        let answer = try await api.call(
            .post, path,
            body: [
                "nonce": .string(nonce), "username": .string(name), "password": .string(password),
                "admin": .bool(isAdministrator), "mac": .string(hex(code)),
            ])
        let account = MatrixAccount(
            name: name, userID: answer["user_id"]?.stringValue ?? "", password: password,
            token: answer["access_token"]?.stringValue ?? "", deviceID: answer["device_id"]?.stringValue ?? "")
        self.state.withLock { $0.accounts[name] = account }
        return account
    }

    /// Signs in to an account again, as another device.
    package func newDevice(of account: MatrixAccount) async throws -> MatrixAccount {
        let answer = try await self.api(nil).post(
            "_matrix", "client", "v3", "login",
            body: [
                "type": "m.login.password", "password": .string(account.password),
                "identifier": ["type": "m.id.user", "user": .string(account.userID)],
            ])
        return MatrixAccount(
            name: account.name, userID: account.userID, password: account.password,
            token: answer["access_token"]?.stringValue ?? "", deviceID: answer["device_id"]?.stringValue ?? "")
    }

    /// Searches everything that it has stored for what was only said encrypted.
    ///
    /// - Parameter wanted: `{"texts": […], "files": [base64, …], "senders": […]}`
    /// - Returns: `{"found": {text: [place, …]}, "indices": COUNT, "twice": […]}`, where `twice` are different messages
    ///   that a sender encrypted at one index of one session.
    package func search(_ wanted: JSON) async throws -> JSON {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/wanted.json"
        try TestFile.write(wanted.text, to: file)
        let result = try await PythonClients.encryption.run(
            script: "TestSupport/Servers/Matrix/clients/server_search.py", [self.directory.path, file])
        guard let answer = try? JSON.parse(Array(result.text.utf8)) else {
            throw MatrixTestFailure("search: \(result.text)\(result.errorText)")
        }
        return answer
    }

    /// Exempts an account from the message limit, as an administrator does for a bot.
    package func liftMessageLimit(of account: MatrixAccount) async throws {
        _ = try await self.api(try self.account("root")).post(
            "_synapse", "admin", "v1", "users", account.userID, "override_ratelimit",
            body: ["messages_per_second": 0, "burst_count": 0])
    }

    /// A person who uses an account; `url`: through a proxy.
    package func person(_ account: MatrixAccount, by url: HTTPURL? = nil) async throws -> MatrixPerson {
        let api = MatrixAPI(base: url ?? self.url, token: account.token, client: self.client)
        return try await MatrixPerson(account, api: api)
    }

    private func api(_ account: MatrixAccount?) -> MatrixAPI {
        MatrixAPI(base: self.url, token: account?.token, client: self.client)
    }
}

/// The instances that all tests share.
private actor SharedSynapses {
    private static let actor = SharedSynapses()
    private var started: [Synapse.Limits: Task<Synapse, any Error>] = [:]

    static func one(_ limits: Synapse.Limits) async throws -> Synapse { try await self.actor.one(limits) }

    private func one(_ limits: Synapse.Limits) async throws -> Synapse {
        // Unstructured: cancelling the first caller must not cancel the start for the others.
        let start = self.started[limits] ?? Task { try await Synapse(limits: limits) }
        self.started[limits] = start
        return try await start.value
    }
}

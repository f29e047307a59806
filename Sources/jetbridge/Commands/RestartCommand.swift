internal import Glibc
internal import Host
internal import JSON
internal import Lifecycle

struct RestartCommand: Command {
    let syntax = CommandSyntax(
        "restart", summary: "Replace the running host by the installed program",
        discussion: """
            The host first tries the installed program with its own arguments. If that fails, or does not report within 60 \
            seconds that it can serve with the configuration and the database, the host serves on, and this exits with 1, or \
            78 for the configuration. Otherwise running answers end, and the new program takes over process and socket: \
            clients that connect in the meantime wait. Sending SIGUSR2 to the host does the same.
            """)

    /// Longer than a trial, the end of running answers and a start together.
    private static let patience: Duration = .seconds(180)

    func run(_ context: CommandContext) async throws {
        let directory = try DataDirectory(path: try context.loadConfiguration().dataDirectory)
        guard let host = directory.servingHost else {
            throw CommandFailure("no host serves \(directory.path): start it with 'jetbridge serve'")
        }
        let report = RestartReport(directory.path)
        try report.ask()
        defer { report.remove() }
        guard kill(host, SIGUSR2) == 0 else {
            throw CommandFailure("cannot signal the host with pid \(host): \(String(cString: strerror(errno)))")
        }
        let deadline = ContinuousClock.now + Self.patience
        // The two programs of the host and this one have nothing but a file in common.
        while ContinuousClock.now < deadline, kill(host, 0) == 0 {
            switch report.read() {
            case nil: try await Task.sleep(for: .milliseconds(50))
            case .done(let version)?:
                guard context.isJSON else {
                    return try context.print("The host with pid \(host) runs release \(version).")
                }
                return try context.print(["version": .string(version), "pid": JSON(host)])
            case .failed(let status, let why)?:
                throw CommandFailure("the host serves on as before: \(why)", status: ExitStatus(rawValue: status))
            }
        }
        throw CommandFailure(
            kill(host, 0) == 0
                ? "the host with pid \(host) has not restarted yet; its log says more"
                : "the host with pid \(host) has ended; its log says why. Start it again.")
    }
}

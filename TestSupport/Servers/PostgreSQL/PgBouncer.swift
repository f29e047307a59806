internal import Glibc
internal import Processes

/// A private pgbouncer before ``PostgreSQLServer/shared``, which asks nobody for a password.
package final class PgBouncer: Sendable {
    /// What a client gets a session of the server for.
    package enum Mode: String, Sendable {
        case session, transaction
    }

    package let port: Int
    private let program: ServerProgram
    private let directory: TemporaryDirectory

    /// - Parameter sessions: How many of the server's it has for a database.
    package init(before server: Int, mode: Mode, sessions: Int = 60) async throws {
        self.directory = try TemporaryDirectory()
        try TestFile.makeFolder(self.directory.path)
        self.port = try FreePorts.take()
        try TestFile.write(
            """
            [databases]
            * = host=127.0.0.1 port=\(server) user=jetbridge
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(self.port)
            unix_socket_dir =
            auth_type = any
            pool_mode = \(mode.rawValue)
            default_pool_size = \(sessions)
            \(geteuid() == 0 ? "user = nobody" : "")

            """, to: "\(self.directory.path)/pgbouncer.ini", mode: 0o644)
        self.program = ServerProgram(
            Process.find("pgbouncer") ?? "/usr/sbin/pgbouncer", ["\(self.directory.path)/pgbouncer.ini"],
            directory: self.directory.path, ports: [self.port])
        try await self.program.start()
    }

    package func stop() async { await self.program.stop() }
}

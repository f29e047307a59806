internal import Glibc
internal import Processes

/// A private pgbouncer before ``PostgreSQLServer/shared``, which asks nobody for a password.
package final class PgBouncer: Sendable {
    /// What a client gets a session of the server for.
    package enum Mode: String, Sendable {
        case session, transaction
    }

    package let port: Int
    private let server: Int
    private let program: ServerProgram
    private let directory: TemporaryDirectory

    package init(before server: Int, mode: Mode) async throws {
        self.directory = try TemporaryDirectory()
        try TestFile.makeFolder(self.directory.path)
        self.port = try FreePorts.take()
        self.server = server
        self.program = ServerProgram(
            Process.find("pgbouncer") ?? "/usr/sbin/pgbouncer", ["\(self.directory.path)/pgbouncer.ini"],
            directory: self.directory.path, ports: [self.port])
        try await self.start(mode)
    }

    package func start(_ mode: Mode) async throws {
        try TestFile.write(
            """
            [databases]
            * = host=127.0.0.1 port=\(self.server) user=jetbridge
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(self.port)
            unix_socket_dir =
            auth_type = any
            pool_mode = \(mode.rawValue)
            default_pool_size = 60
            \(geteuid() == 0 ? "user = nobody" : "")

            """, to: "\(self.directory.path)/pgbouncer.ini", mode: 0o644)
        try await self.program.start()
    }

    package func stop() async { await self.program.stop() }
}

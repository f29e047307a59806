internal import CSystem
package import Database
internal import EventLoop
internal import Glibc
package import Primitives
internal import Processes

/// A private PostgreSQL server with the role `jetbridge`. It ends when this process does, and its files are removed.
package final class PostgreSQLServer: Sendable {
    package static let password = Secret("pg-secret-of-a-test")

    package let port: Int
    private let directory: TemporaryDirectory
    private let settings: [String]
    /// The port of the server that this one follows; 0 for none.
    private let primary: Int
    private let isOpen: Bool
    private let process = Protected<Running?>(nil)

    private struct Running {
        let pid: pid_t
        /// Closing it ends the server.
        let input: Int32
    }

    /// One for all tests of this process, for suites that only need a database.
    ///
    /// Only the database ``guarded`` asks for the password: checking it would take longer than most tests use a connection.
    package static let shared: PostgreSQLServer = {
        do {
            return try PostgreSQLServer(
                settings: [
                    "fsync=off", "full_page_writes=off", "max_connections=600", "idle_session_timeout=3s",
                    "deadlock_timeout=50ms", "autovacuum=off",
                ], isOpen: true)
        } catch {
            fatalError("PostgreSQL does not start: \(error)")
        }
    }()

    package static let guarded = "guarded"

    /// - Parameters:
    ///   - settings: Of the server, as `name=value`.
    ///   - primary: A server of which this one is a standby, until ``promote()``.
    ///   - isOpen: Whether all databases but ``guarded`` are open to everybody.
    package init(
        settings: [String] = [], following primary: PostgreSQLServer? = nil, isOpen: Bool = false
    ) throws {
        self.directory = try TemporaryDirectory()
        try TestFile.makeFolder(self.directory.path)
        self.port = try FreePorts.take(1)[0]
        self.settings = settings
        self.primary = primary?.port ?? 0
        self.isOpen = isOpen
        try self.start()
    }

    deinit {
        if let running = self.process.withLock({ $0.take() }) { close(running.input) }
    }

    /// PostgreSQL refuses to run as root. The shell holds the server and waits for the end of its input, which comes when
    /// this process ends.
    private static let script = """
        ulimit -c 0
        cd "$1" && port=$2 password=$3 primary=$4 open=$5 && shift 5
        as=
        if [ "$(id -u)" = 0 ]; then chmod 755 . && chown nobody . && as="setpriv --reuid nobody --regid nogroup --clear-groups"; fi
        bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
        if [ ! -d data ] && [ "$primary" != 0 ]; then
            PGPASSWORD=$password $as "$bin/pg_basebackup" -D data -R -c fast --no-sync -h 127.0.0.1 -p "$primary" \\
                -U jetbridge >backup.log 2>&1 || { cat backup.log; exit 1; }
        elif [ ! -d data ]; then
            printf '%s' "$password" >password && chmod 644 password
            $as "$bin/initdb" -D data -U jetbridge -A scram-sha-256 --pwfile=password --encoding=UTF8 --locale=C.UTF-8 \\
                --no-sync >initdb.log 2>&1 || { cat initdb.log; exit 1; }
            if [ -n "$open" ]; then
                printf 'host %s 127.0.0.1/32 %s\\n' "$open all" scram-sha-256 'all all' trust >data/pg_hba.conf
            fi
        fi
        for setting; do set -- "$@" -c "$setting"; shift; done
        launch() {
            $as "$bin/postgres" -D data -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= "$@" \\
                </dev/null >>server.log 2>&1 &
            server=$!
        }
        launch "$@"
        for attempt in $(seq 400); do
            if "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; then break; fi
            if ! kill -0 $server 2>/dev/null; then
                # Sessions of a server that was killed have its memory until they notice.
                tail -n 3 server.log | grep -q 'is still in use' || { cat server.log; exit 1; }
                launch "$@"
            fi
            sleep 0.05
        done
        echo "ready $server"
        exec >/dev/null 2>&1
        cat
        kill -QUIT $server
        wait $server
        """

    package func start() throws {
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        try Self.check(csystem_pipe(&input))
        try Self.check(csystem_pipe(&output))
        defer { close(output[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        let words =
            [
                "sh", "-c", Self.script, "sh", self.directory.path, "\(self.port)", Self.password.reveal(),
                "\(self.primary)", self.isOpen ? Self.guarded : "",
            ] + self.settings
        let arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var shell: pid_t = 0
        let status = posix_spawn(&shell, "/bin/sh", &actions, nil, arguments, environ)
        close(input[0])
        close(output[1])
        try Self.check(status)
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(output[0], &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer.prefix(count)
        }
        let line = String(decoding: text, as: UTF8.self)
        guard line.hasPrefix("ready "), let pid = pid_t(line.dropFirst(6).prefix { $0.isNumber }) else {
            throw TestFile.Failure(description: "PostgreSQL did not start:\n\(line)")
        }
        self.process.withLock { $0 = Running(pid: pid, input: input[1]) }
    }

    /// Sends a signal to the server: SIGKILL also ends its sessions, SIGINT is a fast and SIGQUIT an immediate shutdown.
    package func signal(_ number: Int32) {
        guard let pid = self.process.withLock({ $0?.pid }) else { return }
        kill(pid, number)
    }

    /// Ends the server and waits until it accepts no connections; ``start()`` starts it again with the same data.
    package func end(_ number: Int32) async throws {
        guard let running = self.process.withLock({ $0.take() }) else { return }
        kill(running.pid, number)
        while kill(running.pid, 0) == 0 { try await EventLoop.shared.sleep(for: .milliseconds(10)) }
        close(running.input)
    }

    /// Lets a standby, whose primary has ended, take over.
    package func promote() throws { try self.run("SELECT pg_promote()", in: "postgres") }

    /// Commits wait until a standby has them, of which there must be one.
    package func requireStandby() async throws {
        try self.run("ALTER SYSTEM SET synchronous_standby_names = '*'", in: "postgres")
        try self.run("SELECT pg_reload_conf()", in: "postgres")
        try await Self.until {
            try self.run("SELECT sync_state FROM pg_stat_replication", in: "postgres").hasPrefix("sync")
        }
    }

    /// Makes a tablespace on a disk of its own.
    ///
    /// - Parameter isDefault: Whether new tables and indexes are there.
    package func addTablespace(_ name: String, at disk: SmallDisk, isDefault: Bool = false) throws {
        let folder = disk.path.prefix(upTo: disk.path.lastIndex(of: "/") ?? disk.path.endIndex)
        // The server is another user if the tests are root.
        if geteuid() == 0 {
            chmod(String(folder), 0o711)
            chown(disk.path, 65_534, 65_534)
        }
        try self.run("CREATE TABLESPACE \(name) LOCATION '\(disk.path)'", in: "postgres")
        guard isDefault else { return }
        try self.run("ALTER SYSTEM SET default_tablespace = '\(name)'", in: "postgres")
        try self.run("SELECT pg_reload_conf()", in: "postgres")
    }

    /// Creates a database and returns where it is.
    ///
    /// - Parameter template: A database that it is a copy of, whose sessions are ended.
    package func database(_ name: String, template: String? = nil) throws -> PostgreSQLSettings {
        guard let template else {
            try self.run("CREATE DATABASE \(name)", in: "postgres")
            return self.settings(of: name)
        }
        try self.run(
            [
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(template)'",
                // Copying files takes half as long as writing them to the log as well.
                "CREATE DATABASE \(name) TEMPLATE \(template) STRATEGY file_copy",
            ], in: "postgres")
        return self.settings(of: name)
    }

    /// - Parameter port: Of what is before the server.
    package func settings(of name: String, port: Int? = nil, writers: Int = 4) -> PostgreSQLSettings {
        var settings = PostgreSQLSettings(
            url: "postgres://jetbridge@127.0.0.1:\(port ?? self.port)/\(name)", password: Self.password,
            writers: writers)
        settings.sharesSessions = port != nil
        return settings
    }

    /// Debian's `psql` is a script in Perl that looks for this program, which takes longer than most of our SQL.
    private static let psql: String = {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob("/usr/lib/postgresql/*/bin/psql", 0, nil, &found) == 0, found.gl_pathc > 0,
            let path = found.gl_pathv[Int(found.gl_pathc) - 1]
        else { return "psql" }
        return String(cString: path)
    }()

    /// Runs SQL with psql and returns what it prints.
    @discardableResult
    package func run(_ sql: String, in database: String) throws -> String { try self.run([sql], in: database) }

    /// The same for several transactions.
    @discardableResult
    package func run(_ transactions: [String], in database: String) throws -> String {
        let file = self.directory.path + "/psql.\(UInt64.random(in: 0...UInt64.max))"
        defer { unlink(file) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, file, O_CREAT | O_WRONLY, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let options = [
            Self.psql, "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", "\(self.port)", "-U", "jetbridge",
        ]
        let words = options + transactions.flatMap { ["-c", $0] } + [database]
        let arguments = words.map { strdup($0) } + [nil]
        let variables = ["PGPASSWORD=\(Self.password.reveal())", "PATH=/usr/bin:/bin"]
        let environment = variables.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var child: pid_t = 0
        try Self.check(posix_spawnp(&child, Self.psql, &actions, nil, arguments, environment))
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let text = String(decoding: ProcessTable.read(file), as: UTF8.self)
        guard status == 0 else { throw TestFile.Failure(description: "psql: \(text)") }
        return text
    }

    /// Waits until a condition holds.
    package static func until(
        within limit: Duration = .seconds(60), line: Int = #line, _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            // A test's own limit would not say where it waited.
            guard ContinuousClock.now < deadline else {
                throw TestFile.Failure(description: "what line \(line) waits for has not come within \(limit)")
            }
            try await EventLoop.shared.sleep(for: .milliseconds(20))
        }
    }

    private static func check(_ status: Int32) throws {
        if status != 0 { throw TestFile.Failure(description: "PostgreSQL: error \(status < 0 ? errno : status)") }
    }
}

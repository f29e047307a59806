internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import Processes

/// A run of `git http-backend`, the CGI program that answers a request of Git's smart HTTP protocol.
///
/// On ``Net``, so that it answers even while all threads of the pool wait for `git` processes of the tests.
@Net
struct GitHTTPProgram {
    /// For `git` programs that serve: nothing of the machine's or the user's configuration.
    nonisolated static let environment = [
        "PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*", "TZ": "UTC",
    ]

    /// The answer's status and headers.
    let head: HTTPServerResponse
    private let first: [UInt8]
    private let process: Process

    /// Hands the request over, and reads the answer up to its body.
    ///
    /// - Parameters:
    ///   - path: The repository's folder below `root`, and the service.
    ///   - user: Without one, pushes are refused.
    ///   - variables: Further ones of the program's environment, which hooks inherit.
    init(
        _ request: HTTPServerRequest, root: String, path: String, user: String, variables: [String: String] = [:]
    ) async throws {
        var environment = Self.environment.merging(variables) { $1 }
        environment["GIT_PROJECT_ROOT"] = root
        environment["GIT_HTTP_EXPORT_ALL"] = "1"
        environment["PATH_INFO"] = path
        environment["REQUEST_METHOD"] = request.method.rawValue
        environment["QUERY_STRING"] = String(request.head.query ?? "")
        environment["REMOTE_USER"] = user
        environment["REMOTE_ADDR"] = "127.0.0.1"
        environment["SERVER_PROTOCOL"] = "HTTP/1.1"
        for (name, header) in [
            ("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length"),
            ("HTTP_CONTENT_ENCODING", "content-encoding"), ("GIT_PROTOCOL", "git-protocol"),
        ] { environment[name] = request.headers[header] }
        var plan = ProcessPlan.tied("/usr/lib/git-core/git-http-backend", [], environment: environment)
        plan.standardInput = .pipe
        plan.standardError = .null
        let process = try Process.spawn(plan)
        self.process = process
        do {
            do {
                for try await bytes in request.body { try await process.input.write(bytes) }
            } catch is ProcessError {
                // It has refused the request without reading all of it; its answer says why.
            }
            process.input.close()
            (self.head, self.first) = try await Self.head(of: process)
        } catch {
            await process.stop()
            throw error
        }
    }

    /// Passes on the answer's body, and ends with the program.
    func body(_ take: @Net ([UInt8]) async throws -> Void) async throws {
        do {
            if !self.first.isEmpty { try await take(self.first) }
            while let bytes = try await self.process.output.read() { try await take(bytes) }
            _ = try await self.process.exit()
        } catch {
            await self.process.stop()
            throw error
        }
    }

    private static func head(of process: Process) async throws -> (head: HTTPServerResponse, first: [UInt8]) {
        var bytes: [UInt8] = []
        while let more = try await process.output.read() {
            bytes += more
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            return (self.head(Array(bytes[..<end.lowerBound])), Array(bytes[end.upperBound...]))
        }
        return (self.head(bytes), [])
    }

    private static func head(_ bytes: [UInt8]) -> HTTPServerResponse {
        var response = HTTPServerResponse(.ok)
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = String(line[..<colon])
            let value = String(line[line.index(after: colon)...]).trimmed
            if name.lowercased() == "status" {
                response.status = HTTPStatus(Int(value.prefix(3)) ?? 500)
            } else {
                response.headers.append(name, value)
            }
        }
        return response
    }
}

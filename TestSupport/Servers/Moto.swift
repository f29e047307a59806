package import EventLoop
internal import HTTP
internal import JSON
package import Objects
internal import Primitives
internal import Processes

/// Moto's server in a process of its own: S3 with signatures checked. See `moto/serve.py`.
@Net package final class Moto {
    /// What the server has under a name.
    package struct Stored: Equatable {
        package let size: Int
        package let digest: String
        /// As the server reports it; of an object sent in parts, that of its parts and their number.
        package let checksum: String
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process: Process
    private let answers: Task<Void, Never>
    private let lines: AsyncStream<JSON>
    package nonisolated let settings: S3Settings

    private init(_ process: Process, _ answers: Task<Void, Never>, _ lines: AsyncStream<JSON>, _ first: JSON) throws {
        self.process = process
        self.answers = answers
        self.lines = lines
        func text(_ key: String) -> String { first[key]?.stringValue ?? "" }
        self.settings = S3Settings(
            endpoint: try HTTPURL(text("endpoint")), bucket: text("bucket"), region: text("region"),
            accessKey: Secret(text("access_key")), secretKey: Secret(text("secret_key")))
    }

    /// Runs `body` with a server, which is gone afterwards.
    package static func run(_ body: (Moto) async throws -> Void) async throws {
        let root = PythonClients.root
        var plan = ProcessPlan.tied(
            "\(root)/.cache/venv-moto/bin/python", ["\(root)/TestSupport/Servers/moto/serve.py"],
            environment: PythonClients.environment)
        plan.standardInput = .pipe
        plan.standardError = .null
        let process = try Process.spawn(plan)
        let (lines, feed) = AsyncStream.makeStream(of: JSON.self)
        // Unstructured: it ends with the process's output.
        let answers = Task { @Net in
            var rest: [UInt8] = []
            while let bytes = try? await process.output.read() {
                rest += bytes
                while let end = rest.firstIndex(of: 0x0A) {
                    if let json = try? JSON.parse(Array(rest[..<end])) { feed.yield(json) }
                    rest.removeFirst(end + 1)
                }
            }
            feed.finish()
        }
        var first: JSON?
        for await line in lines {
            first = line
            break
        }
        guard let first else {
            throw Failure(description: "Moto's server did not start; scripts/setup test installs it")
        }
        let moto = try Moto(process, answers, lines, first)
        do {
            try await body(moto)
        } catch {
            await moto.stop()
            throw error
        }
        await moto.stop()
    }

    /// What is stored under a name, as Amazon's own client reads it; nil if nothing is.
    package func stored(_ name: String) async throws -> Stored? {
        let json = try await self.ask(["get": .string(name)])
        guard let size = json["size"]?.intValue else { return nil }
        return Stored(
            size: size, digest: json["sha256"]?.stringValue ?? "", checksum: json["checksum"]?.stringValue ?? "")
    }

    /// The number of uploads that are neither completed nor aborted.
    package func openUploads() async throws -> Int { try await self.ask(["uploads": true])["count"]?.intValue ?? -1 }

    private func ask(_ request: JSON) async throws -> JSON {
        try await self.process.input.write(request.bytes + [0x0A])
        for await answer in self.lines { return answer }
        throw Failure(description: "Moto's server ended")
    }

    private func stop() async {
        self.process.input.close()
        await self.process.stop(patience: .seconds(2), grace: .seconds(2))
        await self.answers.value
    }
}

internal import Crypto
internal import EventLoop
package import JSON
internal import Processes

/// The real Yjs in Node, for one test at a time: see `Tests/DocumentsTests/yjs/judge.cjs`.
package final class YjsProgram: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    private let process: Process

    private init(_ process: Process) { self.process = process }

    /// Runs `body` with the program, which is gone afterwards.
    package static func run<Result>(_ body: (YjsProgram) async throws -> Result) async throws -> Result {
        let script = "\(PythonClients.root)/Tests/DocumentsTests/yjs/judge.cjs"
        var plan = ProcessPlan.tied(
            Process.find("node") ?? "/usr/bin/node", [script],
            // Where Debian has Yjs; another Node does not look there.
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp", "NODE_PATH": "/usr/share/nodejs"])
        plan.standardInput = .pipe
        plan.standardError = .joined
        let process = try await Process.spawn(plan)
        do {
            let result = try await body(YjsProgram(process))
            _ = await process.stop(patience: .zero)
            return result
        } catch {
            _ = await process.stop(patience: .zero)
            throw error
        }
    }

    /// The answer to an order; each is one line.
    package func ask(_ order: JSON) async throws -> JSON {
        try await self.process.input.write(order.bytes + [0x0A])
        var line: [UInt8] = []
        while line.last != 0x0A {
            guard let bytes = try await self.process.output.read() else { break }
            line += bytes
        }
        guard let answer = try? JSON.parse(line) else {
            throw Failure(description: "Yjs: \(String(decoding: line, as: UTF8.self)); scripts/setup test installs it")
        }
        return answer
    }

    /// What somebody's editor sends after frames of the host, or after an edit of its text.
    ///
    /// - Parameter edit: Where, how many units go, and what comes.
    package func person(
        _ name: String, begin: Bool = false, take frames: [[UInt8]] = [], edit: (Int, Int, String)? = nil
    ) async throws -> (send: [[UInt8]], text: String) {
        var order: JSONObject = [
            "person": .string(name), "begin": .bool(begin), "take": .array(frames.map { .string(base64($0)) }),
        ]
        if let (at, count, text) = edit {
            order["edit"] = [.integer(Int64(at)), .integer(Int64(count)), .string(text)]
        }
        let answer = try await self.ask(.object(order))
        return (
            answer["send"]?.arrayValue?.compactMap { decodeBase64($0.stringValue ?? "") } ?? [],
            answer["text"]?.stringValue ?? ""
        )
    }
}

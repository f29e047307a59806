internal import EventLoop
internal import Glibc

extension Process {
    /// The outcome of a finished program.
    package struct Result: Sendable, Hashable {
        package let status: ProcessStatus
        package let output: [UInt8]
        package let errorOutput: [UInt8]
        /// Whether the program wrote more than was kept.
        package let isTruncated: Bool

        package var text: String { String(decoding: self.output, as: UTF8.self) }
        package var errorText: String { String(decoding: self.errorOutput, as: UTF8.self) }
    }

    /// Runs a program to its end. Cancellation calls ``stop(patience:grace:)`` and throws `CancellationError`.
    ///
    /// - Parameters:
    ///   - input: Its standard input; overrides the plan's `standardInput`.
    ///   - limit: Bytes kept of each output; the rest is read and discarded, so that the program doesn't block.
    package static func run(
        _ plan: ProcessPlan, input: [UInt8] = [], keeping limit: Int = 1024 * 1024
    ) async throws -> Result {
        var plan = plan
        plan.standardInput = input.isEmpty ? .null : .pipe
        let process = try self.spawn(plan)
        do {
            async let output = process.output.collect(keeping: limit)
            async let errors = process.errorOutput.collect(keeping: limit)
            async let fed: Void = process.feed(input)
            let (kept, keptErrors) = try await (output, errors)
            try await fed
            let status = try await process.exit()
            return Result(
                status: status, output: kept.bytes, errorOutput: keptErrors.bytes,
                isTruncated: kept.isTruncated || keptErrors.isTruncated)
        } catch {
            await process.stop()
            throw error
        }
    }

    /// The path of a program by its name; `nil` if it is in none of the directories.
    nonisolated package static func find(
        _ name: String,
        in directories: [String] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    ) -> String? {
        if name.utf8.contains(UInt8(ascii: "/")) { return unsafe access(name, X_OK) == 0 ? name : nil }
        return directories.lazy.map { "\($0)/\(name)" }.first { unsafe access($0, X_OK) == 0 }
    }

    private func feed(_ bytes: [UInt8]) async throws {
        defer { self.input.close() }
        do {
            try await self.input.write(bytes)
        } catch is ProcessError {
            // A program may end or close its input without reading all of it.
        }
    }
}

extension BytePipe {
    /// Reads to the end and keeps the first `limit` bytes.
    fileprivate func collect(keeping limit: Int) async throws -> (bytes: [UInt8], isTruncated: Bool) {
        var kept: [UInt8] = []
        var isTruncated = false
        while let bytes = try await self.read() {
            let room = limit - kept.count
            isTruncated = isTruncated || bytes.count > room
            kept += bytes.prefix(max(0, room))
        }
        return (kept, isTruncated)
    }
}

import Glibc
import Jail
import Primitives
import TestSupport
import Testing

@Suite("Output of jailed commands", .timeLimit(.minutes(1)))
struct JailOutputTests {
    @Test(
        "both streams are separate and carry all bytes",
        arguments: [ShellCommand.Place.persistent, .fresh, .background])
    func binary(_ place: ShellCommand.Place) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let result = try await bench.run(
                "head -c 300000 /dev/urandom >a; head -c 200000 /dev/urandom >b; cat a; cat b >&2", place)
            expectEqual(result.status, .exited(0))
            expectEqual(result.output, bytes(of: bench.workspace + "/a"))
            expectEqual(result.errors, bytes(of: bench.workspace + "/b"))
            expectEqual(result.output.count, 300_000)
        }
    }

    @Test("100 MB arrive whole and in order, in little memory", arguments: [ShellCommand.Place.persistent, .fresh])
    func large(_ place: ShellCommand.Place) async throws {
        try await JailBench.with(limits: JailLimits(fileSize: 200 << 20)) { (bench: JailBench) async throws in
            let total = 100_000_000
            let before = residentMemory()
            let state = Protected((offset: 0, isEqual: true, largest: 0, file: Int32(-1), memory: 0))
            let command = ShellCommand(
                text: "seq 1 20000000 | head -c \(total) >f; cat f", place: place, timeout: nil, outputLimit: total)
            let exit = try await bench.shell.run(command) { piece in
                state.withLock { state in
                    if state.file < 0 { state.file = open(bench.workspace + "/f", O_RDONLY | O_CLOEXEC) }
                    var expected = [UInt8](repeating: 0, count: piece.bytes.count)
                    let count = pread(state.file, &expected, expected.count, off_t(state.offset))
                    state.isEqual =
                        state.isEqual && count == expected.count && memcmp(expected, piece.bytes, count) == 0
                    state.offset += piece.bytes.count
                    state.largest = max(state.largest, piece.bytes.count)
                    state.memory = max(state.memory, residentMemory())
                }
            }
            let end = state.withLock { $0 }
            close(end.file)
            expectEqual(exit.status, .exited(0))
            expectEqual(end.offset, total)
            #expect(end.isEqual)
            #expect(end.largest <= 512 << 10)
            #expect(end.memory - before < 64 << 20)
        }
    }

    @Test("a reader that fails stops the command")
    func failingReader() async throws {
        struct Broken: Error {}
        try await JailBench.with { (bench: JailBench) async throws in
            let command = ShellCommand(text: "yes", place: .persistent, timeout: nil, outputLimit: .max)
            let exit = try await bench.shell.run(command) { _ in throw Broken() }
            expectEqual(exit.status, .stopped)
            try await expectEqual(bench.run("echo a").text, "a\n")
        }
    }

    @Test("a background process neither delays the end of a command nor keeps its output from others")
    func backgroundWriter() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let first = try await bench.run("yes & echo $!", outputLimit: .max)
            expectEqual(first.status, .exited(0))
            #expect(try await bench.run("echo error >&2; kill %1", outputLimit: .max).errorText.contains("error\n"))
        }
    }

    @Test("text written to /dev/stdout and /dev/stderr arrives")
    func devices() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let result = try await bench.run("echo a >/dev/stdout; echo b >/dev/stderr; cat; echo end")
            expectEqual(result.text, "a\nend\n")
            expectEqual(result.errorText, "b\n")
        }
    }

    private func bytes(of path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return Array(bytes[..<max(0, read(file, &bytes, bytes.count))])
    }
}

/// Bytes of this process in memory.
private func residentMemory() -> Int {
    Int(Survivors.text("/proc/self/statm").split(separator: " ")[1]).map { $0 * 4_096 } ?? 0
}

import Glibc
import Lifecycle
import TestSupport
import Testing

@Suite("the program's mapped pages")
struct ProgramPagesTests {
    @Test("they take less memory after a release, and the program goes on")
    func release() throws {
        let before = try self.mapped()
        ProgramPages.release()
        let after = try self.mapped()
        #expect(after < before / 2)
        expectEqual("\([1, 2, 3].map { "\($0)" })", #"["1", "2", "3"]"#)
    }

    /// Kilobytes of files' pages in this process's memory.
    private func mapped() throws -> Int {
        let file = try #require(unsafe fopen("/proc/self/status", "r"))
        defer { unsafe fclose(file) }
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = unsafe fread(&buffer, 1, buffer.count, file)
        let text = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(Int(line.filter(\.isNumber)))
    }
}

import Glibc
import Lifecycle
import TestSupport
import Testing

@testable import Sandbox

@Suite("the jail's programs")
struct JailProgramTests {
    @Test("are written once, and again when one is not what it was")
    func once() async throws {
        let folder = try TemporaryDirectory()
        func numbers() throws -> [UInt64] {
            try JailPrograms.names.map { name in
                var status = stat()
                try #require(lstat("\(folder.path)/\(name)", &status) == 0)
                expectEqual(status.st_mode, S_IFREG | 0o111)
                return UInt64(status.st_ino)
            }
        }
        _ = try await JailPrograms.install(in: folder.path)
        let first = try numbers()
        _ = try await JailPrograms.install(in: folder.path)
        try expectEqual(numbers(), first)

        for name in JailPrograms.names {
            let path = "\(folder.path)/\(name)"
            try #require(unlink(path) == 0)
            try PrivateFile.write(Array("#!/bin/sh\n".utf8), to: path)
            try #require(chmod(path, 0o111) == 0)
        }
        _ = try await JailPrograms.install(in: folder.path)
        for name in JailPrograms.names {
            var status = stat()
            try #require(stat("\(folder.path)/\(name)", &status) == 0)
            #expect(status.st_size > 50_000, "\(name)")
        }
    }
}

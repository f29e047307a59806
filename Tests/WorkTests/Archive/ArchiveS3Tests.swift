import Crypto
import EventLoop
import HTTP
import HTTPClient
import Objects
import Primitives
import TestSupport
import Testing

@testable import Work

@Suite("Archive in S3", .timeLimit(.minutes(3)))
struct ArchiveS3Tests {
    private func archive(_ settings: S3Settings, _ drafts: TemporaryDirectory) -> WorkspaceArchive {
        WorkspaceArchive(
            S3ObjectStore(settings, setting: "archive.s3", client: HTTPClient()), drafts: drafts.path + "/drafts")
    }

    private func write(_ archive: WorkspaceArchive, _ count: Int) async throws -> WorkspaceArchive.Result {
        let entries = ArchiveEntries([ArchiveTests.file("noise", size: nil, ArchiveTests.noise(count), piece: 100_000)])
        return try await archive.write("s_1", from: [entries], at: ArchiveTests.at)
    }

    @Test("archives and their sums are stored; other keys are refused")
    func stored() async throws {
        try await Moto.run { moto in
            try await self.single(moto)
            try await self.workspace(moto)
            try await self.refused(moto)
        }
    }

    @Net private func single(_ moto: Moto) async throws {
        let drafts = try TemporaryDirectory()
        let archive = self.archive(moto.settings, drafts)
        #expect(try await archive.check().contains("bucket 'archive'"))
        let result = try await self.write(archive, 700_000)
        expectEqual(result.place, "s3://archive/\(ArchiveTests.name)")
        let stored = try #require(try await moto.stored(result.name))
        expectEqual(stored.size, result.size)
        expectEqual(stored.digest, result.digest)
        expectEqual(stored.checksum, base64(decodeHex(result.digest) ?? []))
        let sum = "\(result.digest)  \(result.name)\n"
        try await expectEqual(moto.stored(result.name + ".sha256")?.digest, hex(sha256(sum)))
        #expect(ArchiveTests.names(in: drafts.path + "/drafts").isEmpty)
    }

    /// A workspace is in the bucket as it is in a directory: `WorkspaceSourceTests` reads that back.
    @Net private func workspace(_ moto: Moto) async throws {
        let drafts = try TemporaryDirectory()
        let fixture = try WorkspaceFixture()
        try await fixture.open().write([65], to: "new")
        let source = try #require(try await fixture.workspaces.source(of: WorkspaceFixture.session))
        let result = try await self.archive(moto.settings, drafts).write(
            WorkspaceFixture.session, from: [source], at: ArchiveTests.at)
        let stored = try #require(try await moto.stored(result.name))
        #expect(stored.size == result.size && stored.digest == result.digest)
    }

    @Net private func refused(_ moto: Moto) async throws {
        let drafts = try TemporaryDirectory()
        var settings = moto.settings
        settings.secretKey = Secret("wrong")
        let error = await #expect(throws: WorkspaceFailure.self) {
            try await self.write(self.archive(settings, drafts), 1_000)
        }
        expectEqual(error?.message.contains("403 (SignatureDoesNotMatch"), true)
        expectEqual(error?.message.contains("wrong"), false)
        #expect(ArchiveTests.names(in: drafts.path + "/drafts").isEmpty)
        settings = moto.settings
        settings.bucket = "another"
        let other = self.archive(settings, drafts)
        let missing = await #expect(throws: WorkspaceFailure.self) { _ = try await other.check() }
        expectEqual(missing?.message.contains("404 (NoSuchBucket"), true)
    }
}

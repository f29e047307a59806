import HTTP
import Objects
import Primitives
import TestSupport
import Testing
import Work

@testable import Host

@Suite("Configuration: objects", .timeLimit(.minutes(1)))
struct ObjectConfigurationTests {
    private static let keys = ["A": "access", "S": "s3cret"]
    private static let bucket = "bucket: team, region: eu, access_key: {env: A}, secret_key: {env: S}"

    @Test("a directory or a bucket, for `objects` and for `archive`", arguments: ["objects", "archive"])
    func places(_ key: String) throws {
        func place(_ text: String) throws -> Configuration.ObjectPlace? {
            let loaded = load("\(key): \(text)", environment: Self.keys)
            let configuration = try #require(loaded.configuration, "\(loaded.issues)")
            return key == "objects" ? configuration.objects : configuration.archive
        }
        try expectEqual(place("{directory: /shared}"), .directory("/shared"))
        let settings = S3Settings(
            endpoint: try HTTPURL("https://s3.example.org"), bucket: "team", region: "eu", accessKey: Secret("access"),
            secretKey: Secret("s3cret"))
        try expectEqual(place("{s3: {endpoint: \"https://s3.example.org\", \(Self.bucket)}}"), .s3(settings))
        expectEqual(load("{}").configuration?.objects, nil)
    }

    @Test(
        "mistakes are named",
        arguments: [
            ("{}", "write either directory: PATH or s3:"),
            ("{directory: /a, s3: {}}", "write either directory: PATH or s3:"),
            ("{s3: {endpoint: \"https://s3.example.org\"}}", "bucket"),
            ("{s3: {endpoint: \"http://s3.example.org\", \(bucket)}}", "use https://"),
            ("{s3: {endpoint: \"https://s3.example.org\", \(bucket.replacing("team", with: "T"))}}", "3 to 63"),
            ("{folder: /a}", "folder"),
        ])
    func mistakes(_ text: String, _ message: String) {
        let loaded = load("objects: \(text)", environment: Self.keys)
        #expect(loaded.errors.contains { "\($0)".contains(message) }, "\(loaded.issues)")
        #expect(!"\(loaded.issues)".contains("s3cret"))
    }

    @Test("archives go to `objects` unless `archive` says another place")
    func archives() async throws {
        let folder = try TemporaryDirectory()
        func place(_ text: String) async throws -> String? {
            let configuration = try #require(load("data_dir: \(folder.path)/data\n\(text)").configuration)
            return try await configuration.archiving?.check()
        }
        let (shared, own) = (
            "objects: {directory: \(folder.path)/shared}\n", "archive: {directory: \(folder.path)/own}\n"
        )
        try await expectEqual(place(""), nil)
        try await expectEqual(place(shared), "sessions are archived to \(folder.path)/shared")
        try await expectEqual(place(shared + own), "sessions are archived to \(folder.path)/own")
    }

    @Test("the doctor tries what hosts share, and says what is wrong with it")
    func doctor() async throws {
        let folder = try TemporaryDirectory()
        for isUsable in [true, false] {
            if !isUsable { folder.write("file", "") }
            let text =
                "data_dir: \(folder.path)/data\nobjects: {directory: \(folder.path)/\(isUsable ? "a/b" : "file")}\n"
            let configuration = try #require(load(text).configuration)
            let findings = Protected<[Finding]>([])
            try await Doctor(configuration).examine { finding in findings.withLock { $0.append(finding) } }
            let found = try #require(findings.withLock { $0.first { $0.subject == "objects" } })
            expectEqual(found.state, isUsable ? .ok : .failed)
            #expect(
                found.detail.contains(
                    isUsable ? "files, snapshots of workspaces and archives are kept in" : "Give this program's user"),
                "\(found.detail)")
        }
    }
}

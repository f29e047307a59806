import Crypto
import EventLoop
import HTTPClient
import Primitives
import TestSupport
import Testing

@testable import Objects

@Suite("Objects in S3", .timeLimit(.minutes(4)))
struct S3ObjectStoreTests {
    private static func store(_ settings: S3Settings, _ sizes: S3ObjectStore.Sizes = .init()) -> S3ObjectStore {
        S3ObjectStore(settings, setting: "objects.s3", client: HTTPClient(), sizes: sizes)
    }

    @Test("it does what every store does; large objects are sent in parts; other keys are refused")
    func moto() async throws {
        try await Moto.run { moto in
            var sizes = S3ObjectStore.Sizes()
            sizes.page = 7
            try await StoreContract(store: Self.store(moto.settings, sizes)).hold(pageSize: 7)
            try await self.parts(moto)
            try await self.refused(moto)
        }
    }

    @Net private func parts(_ moto: Moto) async throws {
        var sizes = S3ObjectStore.Sizes()
        sizes.single = 1 << 20
        sizes.part = 5 << 20
        let store = Self.store(moto.settings, sizes)
        let bytes = StoreContract.noise(11 << 20)
        let content = ObjectContent(bytes)
        try await store.put(content, at: "big/one")
        let stored = try #require(try await moto.stored("big/one"))
        #expect(stored.size == bytes.count && stored.digest == hex(content.digest))
        #expect(try await !store.put(content, at: "big/one", ifAbsent: true))
        try await expectEqual(moto.openUploads(), 0)
        try await expectEqual(store.get("big/one")?.collect(upTo: 12 << 20), bytes)
        try await store.put(ObjectContent([1, 2, 3]), at: "small")
        try await expectEqual(moto.stored("small")?.checksum, base64(sha256([1, 2, 3])))
    }

    @Net private func refused(_ moto: Moto) async throws {
        var settings = moto.settings
        settings.secretKey = Secret("wrong")
        let error = await #expect(throws: ObjectStoreError.self) {
            try await Self.store(settings).put(ObjectContent([1]), at: "x")
        }
        #expect(error?.code == .refused && error?.message.contains("403 (SignatureDoesNotMatch") == true)
        #expect(
            error?.message.contains("Check objects.s3: endpoint") == true && error?.message.contains("wrong") == false)
        settings = moto.settings
        settings.bucket = "another"
        let other = Self.store(settings)
        // A bucket that does not exist is no missing object.
        for failure in [
            await #expect(throws: ObjectStoreError.self) { _ = try await other.get("x") },
            await #expect(throws: ObjectStoreError.self) { _ = try await other.copy("x", to: "y") },
            await #expect(throws: ObjectStoreError.self) { try await other.probe() },
        ] {
            expectEqual(failure?.message.contains("404"), true)
        }
        await #expect(throws: ObjectStoreError.self) { try await Self.store(settings).page(below: "", after: nil) }
    }

    @Test("parts grow so that there are at most 10,000")
    func partSizes() {
        let sizes = S3ObjectStore.Sizes()
        expectEqual(sizes.part(of: 65 << 20), 8 << 20)
        let size = 200 << 30
        #expect((size + sizes.part(of: size) - 1) / sizes.part(of: size) <= 10_000)
    }

    @Test("names in a listing are unescaped")
    func escaped() throws {
        let text = """
            <?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>a&#x26;b/&#65;</NextContinuationToken><Contents><Key>a &amp;&lt;&gt;&quot;&apos; &x;</Key>\
            <LastModified>2026-11-25T12:00:00.500Z</LastModified><Size>12</Size></Contents></ListBucketResult>
            """
        let page = try #require(S3XML.page(Array(text.utf8)))
        expectEqual(page.next, "a&b/A")
        let time = CivilTime.milliseconds(rfc3339: "2026-11-25T12:00:00.500Z") ?? 0
        expectEqual(page.objects, [ObjectFacts(key: "a &<>\"' &x;", size: 12, modified: time)])
        expectEqual(S3XML.page(Array("<html>".utf8)), nil)
    }
}

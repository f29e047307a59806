internal import HTTP
internal import HTTPClient
package import Objects
internal import Work

extension Configuration {
    /// Where objects are kept: archives of sessions, or all that hosts share.
    package enum ObjectPlace: Sendable, Equatable {
        /// Absolute.
        case directory(String)
        case s3(S3Settings)

        static func read(_ value: Value) -> ObjectPlace? {
            value.section { section in
                let directory = section.optional("directory") { $0.filePath() }
                let s3 = section.optional("s3") { $0.section { Self.s3($0) } }
                guard section.has("directory") != section.has("s3") else {
                    section.error(
                        "write either directory: PATH or s3: {endpoint, bucket, region, access_key, secret_key}")
                    return nil
                }
                return directory.map { .directory($0) } ?? s3.map { .s3($0) }
            }
        }

        private static func s3(_ section: Section) -> S3Settings? {
            let endpoint = section.required("endpoint") { $0.url() }
            let bucket = section.required("bucket") { Self.bucket($0) }
            let region = section.required("region") { $0.string() }
            let access = section.required("access_key") { $0.secret() }
            let secret = section.required("secret_key") { $0.secret() }
            guard let endpoint, let bucket, let region, let access, let secret else { return nil }
            guard endpoint.isSecure || endpoint.isLoopback else {
                section.error("endpoint would send sessions to another machine unencrypted; use https://")
                return nil
            }
            return S3Settings(
                endpoint: endpoint, bucket: bucket, region: region, accessKey: access, secretKey: secret)
        }

        private static func bucket(_ value: Value) -> String? {
            let letters = "abcdefghijklmnopqrstuvwxyz0123456789-."
            return value.string(
                where: { (3...63).contains($0.utf8.count) && $0.allSatisfy(letters.contains) },
                else: "a bucket's name has 3 to 63 of the characters a-z, 0-9, '-' and '.'")
        }
    }
}

extension Configuration {
    /// What hosts share; nil if only this host's data directory has it.
    var sharedObjects: (any ObjectStore)? { self.objects.map { Self.store($0, "objects.s3") } }

    /// Nil if sessions are not archived.
    var archiving: WorkspaceArchive? {
        let drafts = "\(self.dataDirectory)/archives"
        switch self.archive {
        case nil: return self.sharedObjects.map { WorkspaceArchive($0, drafts: drafts, prefix: "archives/") }
        // A draft that is there already need not be copied.
        case .directory(let path)?: return WorkspaceArchive(DirectoryObjectStore(path), drafts: path)
        case .s3(let settings)?: return WorkspaceArchive(Self.store(.s3(settings), "archive.s3"), drafts: drafts)
        }
    }

    static func store(_ place: ObjectPlace, _ setting: String) -> any ObjectStore {
        switch place {
        case .directory(let path): return DirectoryObjectStore(path)
        // Without a User-Agent, which would be signed: proxies change it, and Moto leaves it out of the signature.
        case .s3(let settings):
            var patience = HTTPClientSettings()
            // Requests are repeated, and people wait for them.
            (patience.connectTimeout, patience.idleTimeout) = (.seconds(5), .seconds(10))
            return S3ObjectStore(settings, setting: setting, client: HTTPClient(patience))
        }
    }
}

internal import HTTP
package import Work

extension Configuration {
    /// Where `sessions archive` writes archives.
    package enum Archive: Sendable, Equatable {
        /// Absolute.
        case directory(String)
        case s3(S3Settings)

        static func read(_ value: Value) -> Archive? {
            value.section { section -> Archive? in
                let directory = section.optional("directory") { $0.filePath() }
                let s3 = section.optional("s3") { $0.section { Self.s3($0) } ?? nil }
                guard section.has("directory") != section.has("s3") else {
                    section.error(
                        "write either directory: PATH or s3: {endpoint, bucket, region, access_key, secret_key}")
                    return nil
                }
                return directory.map { .directory($0) } ?? s3.map { .s3($0) }
            } ?? nil
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
            guard let name = value.string() else { return nil }
            let letters = "abcdefghijklmnopqrstuvwxyz0123456789-."
            let isValid = (3...63).contains(name.utf8.count) && name.allSatisfy { letters.contains($0) }
            return isValid ? name : value.error("a bucket's name has 3 to 63 of the characters a-z, 0-9, '-' and '.'")
        }
    }
}

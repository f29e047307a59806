package import HTTP
package import Primitives

/// A bucket of S3 or of a store that speaks its protocol.
package struct S3Settings: Sendable, Equatable {
    /// Such as `https://s3.eu-central-1.amazonaws.com`; buckets are addressed by path.
    package var endpoint: HTTPURL
    package var bucket: String
    package var region: String
    package var accessKey: Secret
    package var secretKey: Secret

    package init(endpoint: HTTPURL, bucket: String, region: String, accessKey: Secret, secretKey: Secret) {
        self.endpoint = endpoint
        self.bucket = bucket
        self.region = region
        self.accessKey = accessKey
        self.secretKey = secretKey
    }
}

package import Primitives

/// Signs a request with AWS Signature Version 4, as S3 and its relatives expect.
///
/// The request must have the header `X-Amz-Content-Sha256`, and its query must be sorted by name with every name
/// followed by `=`: libcurl 7.88 signs it as it is.
package struct AWSSignature: Sendable, Hashable {
    package var region: String
    package var service: String
    package var accessKey: String
    package var secretKey: Secret

    package init(region: String, service: String, accessKey: String, secretKey: Secret) {
        self.region = region
        self.service = service
        self.accessKey = accessKey
        self.secretKey = secretKey
    }

    /// The value of CURLOPT_AWS_SIGV4.
    var provider: String { "aws:amz:\(self.region):\(self.service)" }
}

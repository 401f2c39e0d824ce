// SPDX-License-Identifier: MIT
#include "vtl1/crypto/p384.h"

#include <algorithm>

#include "base/panic.h"
#include "vtl1/crypto/mbedtls.h"
#include "vtl1/crypto/p384_known_answer.h"
#include "vtl1/crypto/wipe.h"
#include "vtl1/failure/service.h"

namespace vtl1::crypto {

namespace {

constexpr usize point_bytes = 1 + 2 * p384_bytes;
constexpr u8 uncompressed_point = 4;  // SEC 1, 2.3.3

// `otherwise` is what the caller says of everything but missing memory. The arena is large enough,
// which the known answers show at every boot; but missing memory must not look like a bad
// signature.
Result<void> check(int status, Error otherwise) {
    switch (status) {
        case 0:
            return {};
        case MBEDTLS_ERR_MPI_ALLOC_FAILED:
        case MBEDTLS_ERR_ECP_ALLOC_FAILED:
        case MBEDTLS_ERR_MD_ALLOC_FAILED:
            return fail(Error::NoMemory);
        default:
            return fail(otherwise);
    }
}

Result<void> read(Number& number, std::span<const u8, p384_bytes> bytes) {
    return check(mbedtls_mpi_read_binary(&number, bytes.data(), bytes.size()), Error::BadArgument);
}

Result<void> write(Number& number, std::span<u8, p384_bytes> bytes) {
    return check(mbedtls_mpi_write_binary(&number, bytes.data(), bytes.size()), Error::Refused);
}

Result<void> read_point(Group& group, Point& point, std::span<const u8, 2 * p384_bytes> bytes) {
    std::array<u8, point_bytes> encoded{uncompressed_point};
    std::ranges::copy(bytes, std::span{encoded}.subspan<1>().begin());
    TRY(check(mbedtls_ecp_point_read_binary(&group, &point, encoded.data(), encoded.size()),
              Error::BadArgument));
    return check(mbedtls_ecp_check_pubkey(&group, &point), Error::BadArgument);
}

Result<void> load_curve(Group& group) {
    return check(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP384R1), Error::Refused);
}

// secret * G
Result<P384PublicKey> public_of(Group& group, Number& secret) {
    Point point;
    TRY(check(mbedtls_ecp_mul(&group, &point, &secret, &group->G, random_for_mbedtls, nullptr),
              Error::Refused));
    std::array<u8, point_bytes> encoded{};
    usize written = 0;
    TRY(check(mbedtls_ecp_point_write_binary(&group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &written,
                                             encoded.data(), encoded.size()),
              Error::Refused));
    P384PublicKey key{};
    std::ranges::copy(std::span{encoded}.subspan<1>(), key.begin());
    return key;
}

// Makes `number` the secret of a pair. A failure on another CPU may have wiped `secret` before it
// is written here.
Result<void> keep(Group& group,
                  Number& number,
                  std::span<u8, p384_bytes> secret,
                  P384PublicKey& key) {
    const P384PublicKey made = TRY(public_of(group, number));
    TRY(write(number, secret));
    if (is_out_of_service()) {
        wipe(std::as_writable_bytes(secret));
        return fail(Error::Refused);
    }
    key = made;
    return {};
}

Result<void> verify(std::span<const u8, 2 * p384_bytes> key,
                    std::span<const u8, p384_bytes> digest,
                    std::span<const u8, 2 * p384_bytes> signature) {
    Group group;
    TRY(load_curve(group));
    Point point;
    TRY(read_point(group, point, key));
    Number r;
    Number s;
    TRY(read(r, signature.first<p384_bytes>()));
    TRY(read(s, signature.last<p384_bytes>()));
    return check(mbedtls_ecdsa_verify(&group, digest.data(), digest.size(), &point, &r, &s),
                 Error::Refused);
}

Result<P384Signature> as_signature(Number& r, Number& s) {
    P384Signature signature{};
    TRY(write(r, std::span{signature}.first<p384_bytes>()));
    TRY(write(s, std::span{signature}.last<p384_bytes>()));
    return signature;
}

// A secret of zero, which is what a wiped one is, would be refused by the library as well; but not
// by a name that says why.
Result<P384Signature> sign_with(std::span<const u8, p384_bytes> secret,
                                std::span<const u8, p384_bytes> digest) {
    Group group;
    TRY(load_curve(group));
    Number number;
    TRY(read(number, secret));
    TRY(check(mbedtls_ecp_check_privkey(&group, &number), Error::NotFound));
    Number r;
    Number s;
    TRY(check(mbedtls_ecdsa_sign_det_ext(&group, &r, &s, &number, digest.data(), digest.size(),
                                         MBEDTLS_MD_SHA384, random_for_mbedtls, nullptr),
              Error::Refused));
    return as_signature(r, s);
}

// How many of the known answers were right so far. Looked at and changed during an Operation only.
constinit u8 verification_answers = 0;
constinit bool is_signing_right = false;

void expect(bool is_right, const char* name) {
    if (!is_right) {
        base::panic(name);
    }
}

// Each step costs as much as a verification.
Result<void> require_verification(const Operation& /*witness*/) {
    if (verification_answers == 2) {
        return {};
    }
    if (verification_answers == 0) {
        expect(verify(rfc_public, rfc_digest, rfc_signature).has_value(),
               "known answer of ECDSA verification");
    } else {
        P384Digest other = rfc_digest;
        other.back() ^= 1;
        expect(verify(rfc_public, other, rfc_signature) == fail(Error::Refused),
               "known refusal of ECDSA verification");
    }
    ++verification_answers;
    return fail(Error::Busy);
}

Result<void> require_signing(const Operation& /*witness*/) {
    if (is_signing_right) {
        return {};
    }
    const Result<P384Signature> signature = sign_with(rfc_secret, rfc_digest);
    expect(signature.has_value() && *signature == rfc_signature, "known answer of ECDSA signing");
    Group group;
    Number secret;
    TRY(load_curve(group));
    TRY(read(secret, rfc_secret));
    const Result<P384PublicKey> key = public_of(group, secret);
    expect(key.has_value() && *key == rfc_public, "known answer of P-384");
    is_signing_right = true;
    return fail(Error::Busy);
}

}  // namespace

Result<void> verify_p384(std::span<const u8, 2 * p384_bytes> key,
                         std::span<const u8, p384_bytes> digest,
                         std::span<const u8, 2 * p384_bytes> signature) {
    Operation operation;
    TRY(operation.begin());
    TRY(require_verification(operation));
    return verify(key, digest, signature);
}

Result<void> P384Key::generate() {
    Operation operation;
    TRY(operation.begin());
    TRY(require_signing(operation));
    Group group;
    TRY(load_curve(group));
    Number secret;
    TRY(check(mbedtls_ecp_gen_privkey(&group, &secret, random_for_mbedtls, nullptr),
              Error::Refused));
    return keep(group, secret, secret_, public_);
}

Result<void> P384Key::load(std::span<const u8, p384_bytes> secret) {
    Operation operation;
    TRY(operation.begin());
    TRY(require_signing(operation));
    Group group;
    TRY(load_curve(group));
    Number number;
    TRY(read(number, secret));
    TRY(check(mbedtls_ecp_check_privkey(&group, &number), Error::BadArgument));
    return keep(group, number, secret_, public_);
}

Result<P384Signature> P384Key::sign(std::span<const u8, p384_bytes> digest) const {
    Operation operation;
    TRY(operation.begin());
    TRY(require_signing(operation));
    return sign_with(secret_, digest);
}

}  // namespace vtl1::crypto

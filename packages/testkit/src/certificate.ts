/**
 * A certificate for `localhost` and 127.0.0.1, signed by itself, and its key: for tests on loopback alone, since everybody can read the key.
 * It is valid for 100 years. A new one is made with
 *
 *     openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost \
 *       -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem
 */
export const certificate: { readonly key: string; readonly cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrQD9T2z1OUD04q1b
ATaTKeR9I5SbW27qsAhfd9QYQC+hRANCAARseduDhtXHcDYz5UHw6u9EFOhk5fPt
PsEAhJSNxGueIX6OeNIAv77pDlYPmry47POA160tIm5BmgBJcyOi/+Ak
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUIugeXb3Iab32jvvJoNlV+wn2JtEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE0NTgzN1oYDzIxMjYxMDI5
MTQ1ODM3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARseduDhtXHcDYz5UHw6u9EFOhk5fPtPsEAhJSNxGueIX6OeNIAv77p
DlYPmry47POA160tIm5BmgBJcyOi/+Ako28wbTAdBgNVHQ4EFgQUjOHUMezJpxCK
fMnQ67V9q2CVjMwwHwYDVR0jBBgwFoAUjOHUMezJpxCKfMnQ67V9q2CVjMwwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgY79h6hjoXK+gjxMQVN0S2kz/PM7Z4a0IxqhNfeitqmgCIQCm
YZTYNXuC06NG8HK4jfXJqov3MWXusmA84rYsb00xlg==
-----END CERTIFICATE-----
`,
}

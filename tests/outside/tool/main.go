// Command tool looks at what a node made with programs that are not ours.
//
//	tool verify FOLDER    reads case.json there, prints one line for each check, exit code 1 if one fails
//	tool witness FILE     is a witness for the logs in FILE until its standard input ends
//
// It takes nothing from this project but bytes: notes, proofs, keys and policies in the forms of C2SP.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	tlogproof "github.com/transparency-dev/formats/proof"
	policy "github.com/transparency-dev/formats/witness"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/witness/persistence/inmemory"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
)

const ed25519KeyBytes = 32

// material is what the test wrote: keys as C2SP vkeys, everything else as bytes in base64.
type material struct {
	Origin      string   `json:"origin"`
	Ed25519     string   `json:"ed25519"`
	MLDSA44     string   `json:"mldsa44"`
	Witness     string   `json:"witness"`
	Note        []byte   `json:"note"`
	Cosigned    []byte   `json:"cosigned"`
	Earlier     []byte   `json:"earlier"`
	Consistency [][]byte `json:"consistency"`
	Proof       []byte   `json:"proof"`
	Leaf        []byte   `json:"leaf"`
	Policy      []byte   `json:"policy"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: tool verify FOLDER | tool witness FILE")
	}
	switch args[0] {
	case "verify":
		return verify(args[1])
	case "witness":
		return serve(args[1])
	}
	return errors.New("no such command")
}

func verify(folder string) error {
	data, err := os.ReadFile(filepath.Join(folder, "case.json"))
	if err != nil {
		return err
	}
	var m material
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	checks := []struct {
		name string
		run  func(*material) error
	}{
		{"ed25519 golang.org/x/mod/sumdb/note", checkEd25519},
		{"mldsa44 transparency-dev/formats", checkMLDSA},
		{"mldsa44 cloudflare/circl", checkCircl},
		{"checkpoint transparency-dev/formats", checkCheckpoint},
		{"tlog-proof transparency-dev/formats+merkle", checkInclusion},
		{"consistency transparency-dev/merkle", checkConsistency},
		{"cosignature transparency-dev/formats", checkCosignature},
		{"tlog-policy transparency-dev/formats", checkPolicy},
	}
	failed := false
	for _, check := range checks {
		if err := check.run(&m); err != nil {
			failed = true
			fmt.Printf("FAILED %s: %v\n", check.name, err)
			continue
		}
		fmt.Printf("ok %s\n", check.name)
	}
	if failed {
		return errors.New("a check failed")
	}
	return nil
}

// checkEd25519 opens the note with Go's own package, which knows Ed25519 keys alone.
func checkEd25519(m *material) error {
	verifier, err := note.NewVerifier(m.Ed25519)
	if err != nil {
		return err
	}
	return opens(m.Note, verifier)
}

func checkMLDSA(m *material) error {
	verifier, err := fnote.NewMLDSAVerifier(m.MLDSA44)
	if err != nil {
		return err
	}
	return opens(m.Note, verifier)
}

func opens(data []byte, verifier note.Verifier) error {
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != 1 {
		return fmt.Errorf("%d signatures of one key", len(opened.Sigs))
	}
	return nil
}

// checkCircl verifies the ML-DSA-44 line once more: another implementation, and the message of
// C2SP tlog-cosignature put together here.
func checkCircl(m *material) error {
	name, rest, _ := strings.Cut(m.MLDSA44, "+")
	_, encoded, _ := strings.Cut(rest, "+")
	material, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	var key mldsa44.PublicKey
	if err := key.UnmarshalBinary(material[1:]); err != nil {
		return err
	}
	text, lines, found := bytes.Cut(m.Note, []byte("\n\n"))
	if !found {
		return errors.New("no note")
	}
	parts := strings.Split(string(text), "\n")
	root, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	var size uint64
	if _, err := fmt.Sscan(parts[1], &size); err != nil {
		return err
	}
	for _, line := range strings.Split(strings.TrimSpace(string(lines)), "\n") {
		fields := strings.Fields(line)
		signature, err := base64.StdEncoding.DecodeString(fields[2])
		if err != nil {
			return err
		}
		if fields[1] != name || len(signature) != 4+8+mldsa44.SignatureSize {
			continue
		}
		message := cosignedMessage(name, parts[0], signature[4:12], size, root)
		if !mldsa44.Verify(&key, message, nil, signature[12:]) {
			return errors.New("the signature does not hold")
		}
		return nil
	}
	return errors.New("no line of this key")
}

func cosignedMessage(name, origin string, timestamp []byte, size uint64, root []byte) []byte {
	message := bytes.NewBufferString("subtree/v1\n\x00")
	message.WriteByte(byte(len(name)))
	message.WriteString(name)
	message.Write(timestamp)
	message.WriteByte(byte(len(origin)))
	message.WriteString(origin)
	for _, number := range []uint64{0, size} {
		for shift := 56; shift >= 0; shift -= 8 {
			message.WriteByte(byte(number >> shift))
		}
	}
	message.Write(root)
	return message.Bytes()
}

func parse(m *material, data []byte) (*log.Checkpoint, error) {
	verifier, err := note.NewVerifier(m.Ed25519)
	if err != nil {
		return nil, err
	}
	checkpoint, rest, _, err := log.ParseCheckpoint(data, m.Origin, verifier)
	if err == nil && len(rest) != 0 {
		err = errors.New("extension lines")
	}
	return checkpoint, err
}

func checkCheckpoint(m *material) error {
	checkpoint, err := parse(m, m.Note)
	if err != nil {
		return err
	}
	text, _, _ := bytes.Cut(m.Note, []byte("\n\n"))
	if again := checkpoint.Marshal(); !bytes.Equal(again, append(text, '\n')) {
		return errors.New("written again it has other bytes")
	}
	return nil
}

func checkInclusion(m *material) error {
	var read tlogproof.TLogProof
	if err := read.Unmarshal(m.Proof); err != nil {
		return err
	}
	if !bytes.Equal(read.Marshal(), m.Proof) {
		return errors.New("written again it has other bytes")
	}
	checkpoint, err := parse(m, read.Checkpoint)
	if err != nil {
		return err
	}
	hashes := make([][]byte, 0, len(read.Hashes))
	for _, hash := range read.Hashes {
		hashes = append(hashes, hash[:])
	}
	hasher := rfc6962.DefaultHasher
	leaf := hasher.HashLeaf(m.Leaf)
	return proof.VerifyInclusion(hasher, read.Index, checkpoint.Size, leaf, hashes, checkpoint.Hash)
}

func checkConsistency(m *material) error {
	older, err := parse(m, m.Earlier)
	if err != nil {
		return err
	}
	newer, err := parse(m, m.Note)
	if err != nil {
		return err
	}
	hasher := rfc6962.DefaultHasher
	return proof.VerifyConsistency(
		hasher, older.Size, newer.Size, m.Consistency, older.Hash, newer.Hash)
}

func checkCosignature(m *material) error {
	verifier, err := fnote.NewMLDSAVerifier(m.Witness)
	if err != nil {
		return err
	}
	return opens(m.Cosigned, verifier)
}

// checkPolicy asks the policy of the note with the cosignature, which is enough, and without.
func checkPolicy(m *material) error {
	group, err := policy.ParsePolicy(m.Policy)
	if err != nil {
		return err
	}
	if !group.Satisfied(m.Cosigned) {
		return errors.New("the cosigned note is not enough")
	}
	if group.Satisfied(m.Note) {
		return errors.New("the note alone is enough")
	}
	return nil
}

// served is what a witness is told of: its name, and the Ed25519 keys of the logs by origin.
type served struct {
	Name string            `json:"name"`
	Logs map[string]string `json:"logs"`
}

func serve(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var told served
	if err := json.Unmarshal(data, &told); err != nil {
		return err
	}
	verifiers := make(map[string]note.Verifier)
	for origin, key := range told.Logs {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return err
		}
		verifiers[origin] = verifier
	}
	secret, public, err := fnote.GenerateMLDSAKey(told.Name)
	if err != nil {
		return err
	}
	signer, err := fnote.NewSignerForCosignatureV1(secret)
	if err != nil {
		return err
	}
	made, err := witness.New(context.Background(), witness.Opts{
		Persistence: inmemory.New(),
		Signers:     []note.Signer{signer},
		VerifierForLog: func(_ context.Context, origin string) (note.Verifier, bool, error) {
			verifier, found := verifiers[origin]
			return verifier, found, nil
		},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", witness.NewHTTPHandler(made).AddCheckpoint)
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
		os.Exit(0)
	}()
	fmt.Printf("http://%s %s\n", listener.Addr(), public)
	return http.Serve(listener, mux)
}

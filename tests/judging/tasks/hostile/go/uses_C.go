package clamp

// #include "/etc/passwd"
import "C"
